package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.local.engine.StreamOptions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How answers about capacity, account settings, record sizes and policies look on the wire. */
class CapacityActionsTest {
  private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";

  private final VirtualClock clock = new VirtualClock();
  private LocalKinesis kinesis;

  @BeforeEach
  void start() {
    kinesis = LocalKinesis.builder().clock(clock).shardsMax(200).start();
    kinesis.createStream("orders", 2);
  }

  @AfterEach
  void close() {
    kinesis.close();
  }

  @Test
  void the_shard_count_is_answered_before_and_after() {
    assertThat(
            json(
                "UpdateShardCount",
                "{\"StreamName\":\"orders\",\"TargetShardCount\":3,\"ScalingType\":\"UNIFORM_SCALING\"}"))
        .hasToString(
            "{\"StreamName\":\"orders\",\"CurrentShardCount\":2,\"TargetShardCount\":3,"
                + "\"StreamARN\":\""
                + ARN
                + "\"}");
    assertThat(summary().path("OpenShardCount").asInt()).isEqualTo(3);
  }

  @Test
  void limits_count_shards_and_on_demand_streams() {
    silent("CreateStream", "{\"StreamName\":\"bills\"}");

    assertThat(json("DescribeLimits", "{}"))
        .hasToString(
            "{\"ShardLimit\":200,\"OpenShardCount\":6,\"OnDemandStreamCount\":1,"
                + "\"OnDemandStreamCountLimit\":50}");
  }

  @Test
  void the_commitment_of_an_account_shows_its_times() {
    assertThat(json("DescribeAccountSettings", "{}"))
        .hasToString("{\"MinimumThroughputBillingCommitment\":{\"Status\":\"DISABLED\"}}");
    assertThat(
            json(
                "UpdateAccountSettings",
                "{\"MinimumThroughputBillingCommitment\":{\"Status\":\"ENABLED\"}}"))
        .hasToString(
            "{\"MinimumThroughputBillingCommitment\":{\"Status\":\"ENABLED\","
                + "\"StartedAt\":1.7690449225E9,\"EarliestAllowedEndAt\":1.7691313225E9}}");
    clock.advance(Duration.ofDays(2));
    json(
        "UpdateAccountSettings",
        "{\"MinimumThroughputBillingCommitment\":{\"Status\":\"DISABLED\"}}");
    assertThat(json("DescribeAccountSettings", "{}"))
        .hasToString(
            "{\"MinimumThroughputBillingCommitment\":{\"Status\":\"DISABLED\","
                + "\"StartedAt\":1.7690449225E9,\"EndedAt\":1.7692177225E9}}");
  }

  @Test
  void a_stream_changes_its_mode_and_is_warmed() {
    json(
        "UpdateAccountSettings",
        "{\"MinimumThroughputBillingCommitment\":{\"Status\":\"ENABLED\"}}");
    silent(
        "UpdateStreamMode",
        "{\"StreamARN\":\""
            + ARN
            + "\",\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"},\"WarmThroughputMiBps\":6}");

    assertThat(summary().path("StreamModeDetails")).hasToString("{\"StreamMode\":\"ON_DEMAND\"}");
    assertThat(summary().path("WarmThroughput"))
        .hasToString("{\"TargetMiBps\":6,\"CurrentMiBps\":6}");
    assertThat(
            json(
                "UpdateStreamWarmThroughput",
                "{\"StreamName\":\"orders\",\"WarmThroughputMiBps\":8}"))
        .hasToString(
            "{\"StreamARN\":\""
                + ARN
                + "\",\"StreamName\":\"orders\","
                + "\"WarmThroughput\":{\"TargetMiBps\":8,\"CurrentMiBps\":6}}");
    assertThat(summary().path("OpenShardCount").asInt()).isEqualTo(8);
  }

  @Test
  void a_stream_is_created_with_everything_that_can_be_said_about_it() {
    silent(
        "CreateStream",
        "{\"StreamName\":\"bills\",\"ShardCount\":1,\"MaxRecordSizeInKiB\":2048,"
            + "\"StreamModeDetails\":{\"StreamMode\":\"PROVISIONED\"},\"Tags\":{\"team\":\"a\"}}");

    JsonNode bills =
        json("DescribeStreamSummary", "{\"StreamName\":\"bills\"}")
            .path("StreamDescriptionSummary");
    assertThat(bills.path("MaxRecordSizeInKiB").asInt()).isEqualTo(2048);
    assertThat(bills.has("WarmThroughput")).isFalse();
    assertThat(json("ListTagsForStream", "{\"StreamName\":\"bills\"}").path("Tags"))
        .hasToString("[{\"Key\":\"team\",\"Value\":\"a\"}]");
    Wires.Answer refused =
        Wires.json(
            kinesis.endpoint(), "CreateStream", "{\"StreamName\":\"c\",\"Tags\":{\"a;b\":\"\"}}");
    assertThat(refused.type()).isEqualTo("InvalidArgumentException");
    assertThat(json("ListStreams", "{}").path("StreamNames")).hasToString("[\"bills\",\"orders\"]");
  }

  @Test
  void a_record_of_ten_mebibytes_goes_through_both_encodings_when_the_stream_allows_it() {
    byte[] data = new byte[StreamOptions.RECORD_KIB_LIMIT * 1024 - 1];
    Arrays.fill(data, (byte) 7);
    Map<String, Object> put = Map.of("StreamName", "orders", "PartitionKey", "a", "Data", data);
    Wires.Answer tooLarge = Wires.cbor(kinesis.endpoint(), "PutRecord", put);
    assertThat(tooLarge.type()).isEqualTo("ValidationException");
    assertThat(tooLarge.message())
        .isEqualTo(
            "1 validation error detected: Value at 'data' failed to satisfy constraint: Member"
                + " must have length less than or equal to 1048576");
    Wires.Answer withKey =
        Wires.cbor(
            kinesis.endpoint(),
            "PutRecord",
            Map.of("StreamName", "orders", "PartitionKey", "ä", "Data", new byte[(1 << 20) - 1]));
    assertThat(withKey.type()).isEqualTo("InvalidArgumentException");
    assertThat(withKey.message())
        .isEqualTo(
            "Partition key and data of a record are 1048577 bytes together, and at most 1048576"
                + " are allowed for stream orders under account 000000000000.");

    silent("UpdateMaxRecordSize", "{\"StreamARN\":\"" + ARN + "\",\"MaxRecordSizeInKiB\":10240}");

    JsonNode inCbor = Wires.cbor(kinesis.endpoint(), "PutRecord", put).body();
    String base64 = Base64.getEncoder().encodeToString(data);
    JsonNode inJson =
        json(
            "PutRecord",
            "{\"StreamName\":\"orders\",\"PartitionKey\":\"a\",\"Data\":\"" + base64 + "\"}");
    assertThat(inJson.path("ShardId")).isEqualTo(inCbor.path("ShardId"));
    JsonNode iterator =
        json(
            "GetShardIterator",
            "{\"StreamName\":\"orders\",\"ShardId\":"
                + inJson.path("ShardId")
                + ",\"ShardIteratorType\":\"TRIM_HORIZON\"}");
    JsonNode read = json("GetRecords", iterator.toString());
    assertThat(read.path("Records")).hasSize(1);
    assertThat(read.path("Records").path(0).path("Data").asText()).isEqualTo(base64);
  }

  @Test
  void ten_mebibytes_are_all_that_one_request_may_put() {
    silent("UpdateMaxRecordSize", "{\"StreamARN\":\"" + ARN + "\",\"MaxRecordSizeInKiB\":10240}");
    Map<String, Object> half = Map.of("PartitionKey", "a", "Data", new byte[5 << 20]);

    Wires.Answer refused =
        Wires.cbor(
            kinesis.endpoint(),
            "PutRecords",
            Map.of("StreamName", "orders", "Records", List.of(half, half)));

    assertThat(refused.type()).isEqualTo("InvalidArgumentException");
    assertThat(refused.message()).isEqualTo("Records size exceeds 10 MB limit");
  }

  @Test
  void a_partition_key_has_256_characters_of_unicode_whatever_they_take() {
    String smiles = "\uD83D\uDE00".repeat(256);

    JsonNode put =
        json(
            "PutRecord",
            "{\"StreamName\":\"orders\",\"PartitionKey\":\"" + smiles + "\",\"Data\":\"\"}");
    assertThat(put.has("SequenceNumber")).isTrue();
    assertThat(
            Wires.json(
                    kinesis.endpoint(),
                    "PutRecord",
                    "{\"StreamName\":\"orders\",\"PartitionKey\":\"a"
                        + smiles
                        + "\",\"Data\":\"\"}")
                .message())
        .endsWith(
            "at 'partitionKey' failed to satisfy constraint: Member must have length less than or"
                + " equal to 256");
  }

  @Test
  void a_policy_is_given_back_as_it_was_put_and_none_is_an_empty_object() {
    String resource = "{\"ResourceARN\":\"" + ARN + "\"";
    assertThat(json("GetResourcePolicy", resource + "}")).hasToString("{\"Policy\":\"{}\"}");
    Wires.Answer none = Wires.json(kinesis.endpoint(), "DeleteResourcePolicy", resource + "}");
    assertThat(none.type()).isEqualTo("ResourceNotFoundException");
    assertThat(none.message()).isEqualTo("No resource policy found for resource ARN " + ARN + ".");

    silent(
        "PutResourcePolicy",
        resource + ",\"Policy\":\"{ \\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[]}\"}");

    assertThat(json("GetResourcePolicy", resource + "}").path("Policy").asText())
        .isEqualTo("{ \"Version\":\"2012-10-17\",\"Statement\":[]}");
    silent("DeleteResourcePolicy", resource + "}");
    assertThat(json("GetResourcePolicy", resource + "}").path("Policy").asText()).isEqualTo("{}");
  }

  @Test
  void a_policy_that_is_no_object_in_json_is_refused() {
    for (String policy : new String[] {"", "[]", "{", "text", "{} {}"}) {
      Wires.Answer refused =
          Wires.json(
              kinesis.endpoint(),
              "PutResourcePolicy",
              "{\"ResourceARN\":\"" + ARN + "\",\"Policy\":\"" + policy + "\"}");
      assertThat(refused.type()).as(policy).isEqualTo("InvalidArgumentException");
    }
  }

  private JsonNode summary() {
    return json("DescribeStreamSummary", "{\"StreamName\":\"orders\"}")
        .path("StreamDescriptionSummary");
  }

  private void silent(String action, String body) {
    Wires.Answer answer = Wires.json(kinesis.endpoint(), action, body);
    assertThat(answer.status()).as(answer.message()).isEqualTo(200);
    assertThat(answer.http().body()).isEmpty();
  }

  private JsonNode json(String action, String body) {
    Wires.Answer answer = Wires.json(kinesis.endpoint(), action, body);
    assertThat(answer.status()).as(answer.message()).isEqualTo(200);
    return answer.body();
  }
}
