package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How answers about tags, retention, encryption and metrics look on the wire. */
class OptionActionsTest {
  private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";

  private LocalKinesis kinesis;

  @BeforeEach
  void start() {
    kinesis = LocalKinesis.start();
    kinesis.createStream("orders", 1);
  }

  @AfterEach
  void close() {
    kinesis.close();
  }

  @Test
  void tags_are_listed_in_pages_by_key() {
    silent("AddTagsToStream", "{\"StreamName\":\"orders\",\"Tags\":{\"b\":\"2\",\"a\":\"1\"}}");
    silent("TagResource", "{\"ResourceARN\":\"" + ARN + "\",\"Tags\":{\"c\":\"\"}}");

    assertThat(json("ListTagsForStream", "{\"StreamName\":\"orders\",\"Limit\":2}"))
        .hasToString(
            "{\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\",\"Value\":\"2\"}],"
                + "\"HasMoreTags\":true}");
    assertThat(
            json(
                "ListTagsForStream",
                "{\"StreamARN\":\"" + ARN + "\",\"ExclusiveStartTagKey\":\"b\"}"))
        .hasToString("{\"Tags\":[{\"Key\":\"c\",\"Value\":\"\"}],\"HasMoreTags\":false}");
    silent("RemoveTagsFromStream", "{\"StreamName\":\"orders\",\"TagKeys\":[\"a\"]}");
    silent("UntagResource", "{\"ResourceARN\":\"" + ARN + "\",\"TagKeys\":[\"c\",\"d\"]}");
    assertThat(json("ListTagsForResource", "{\"ResourceARN\":\"" + ARN + "\"}"))
        .hasToString("{\"Tags\":[{\"Key\":\"b\",\"Value\":\"2\"}]}");
  }

  @Test
  void tags_come_and_go_in_cbor_too() {
    Wires.cbor(
        kinesis.endpoint(),
        "AddTagsToStream",
        Map.of("StreamName", "orders", "Tags", Map.of("k", "v")));
    JsonNode listed =
        Wires.cbor(kinesis.endpoint(), "ListTagsForStream", Map.of("StreamName", "orders")).body();
    assertThat(listed)
        .hasToString("{\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}],\"HasMoreTags\":false}");

    Wires.cbor(
        kinesis.endpoint(),
        "RemoveTagsFromStream",
        Map.of("StreamName", "orders", "TagKeys", List.of("k")));
    assertThat(json("ListTagsForStream", "{\"StreamName\":\"orders\"}"))
        .hasToString("{\"Tags\":[],\"HasMoreTags\":false}");
  }

  @Test
  void a_consumer_has_tags_and_a_policy_of_its_own() {
    String arn =
        json(
                "RegisterStreamConsumer",
                "{\"StreamARN\":\"" + ARN + "\",\"ConsumerName\":\"c\",\"Tags\":{\"a\":\"1\"}}")
            .path("Consumer")
            .path("ConsumerARN")
            .asText();
    String resource = "{\"ResourceARN\":\"" + arn + "\"";
    silent("TagResource", resource + ",\"Tags\":{\"b\":\"2\"}}");
    silent("UntagResource", resource + ",\"TagKeys\":[\"a\"]}");
    silent("PutResourcePolicy", resource + ",\"Policy\":\"{\\\"Statement\\\":[]}\"}");

    assertThat(json("ListTagsForResource", resource + "}"))
        .hasToString("{\"Tags\":[{\"Key\":\"b\",\"Value\":\"2\"}]}");
    assertThat(json("GetResourcePolicy", resource + "}").path("Policy").asText())
        .isEqualTo("{\"Statement\":[]}");
    assertThat(json("ListTagsForStream", "{\"StreamName\":\"orders\"}").path("Tags")).isEmpty();
    String unknown = resource.replace("/c:", "/d:") + "}";
    assertThat(Wires.json(kinesis.endpoint(), "ListTagsForResource", unknown).type())
        .isEqualTo("ResourceNotFoundException");
  }

  @Test
  void a_changed_retention_shows_in_both_descriptions() {
    silent(
        "IncreaseStreamRetentionPeriod", "{\"StreamName\":\"orders\",\"RetentionPeriodHours\":48}");
    assertThat(description().path("RetentionPeriodHours").asInt()).isEqualTo(48);

    silent(
        "DecreaseStreamRetentionPeriod",
        "{\"StreamARN\":\"" + ARN + "\",\"RetentionPeriodHours\":30}");
    assertThat(summary().path("RetentionPeriodHours").asInt()).isEqualTo(30);
  }

  @Test
  void encryption_shows_in_descriptions_and_in_what_is_put_and_read() {
    assertThat(description().path("EncryptionType").asText()).isEqualTo("NONE");
    assertThat(description().has("KeyId")).isFalse();
    assertThat(put().has("EncryptionType")).isFalse();
    silent(
        "StartStreamEncryption",
        "{\"StreamName\":\"orders\",\"EncryptionType\":\"KMS\",\"KeyId\":\"alias/aws/kinesis\"}");

    assertThat(description().path("EncryptionType").asText()).isEqualTo("KMS");
    assertThat(summary().path("KeyId").asText()).isEqualTo("alias/aws/kinesis");
    assertThat(put().path("EncryptionType").asText()).isEqualTo("KMS");
    JsonNode many =
        json(
            "PutRecords",
            "{\"StreamName\":\"orders\",\"Records\":[{\"PartitionKey\":\"a\",\"Data\":\"\"}]}");
    assertThat(many.path("EncryptionType").asText()).isEqualTo("KMS");
    String iterator =
        json(
                "GetShardIterator",
                "{\"StreamName\":\"orders\",\"ShardId\":\"0\",\"ShardIteratorType\":\"TRIM_HORIZON\"}")
            .path("ShardIterator")
            .asText();
    assertThat(json("GetRecords", "{\"ShardIterator\":\"" + iterator + "\"}").path("Records"))
        .extracting(record -> record.path("EncryptionType").asText("absent"))
        .containsExactly("absent", "KMS", "KMS");
  }

  @Test
  void metrics_are_named_before_and_after() {
    JsonNode answer =
        json(
            "EnableEnhancedMonitoring",
            "{\"StreamName\":\"orders\",\"ShardLevelMetrics\":[\"OutgoingBytes\",\"IncomingBytes\"]}");

    assertThat(answer)
        .hasToString(
            "{\"StreamName\":\"orders\",\"CurrentShardLevelMetrics\":[],"
                + "\"DesiredShardLevelMetrics\":[\"IncomingBytes\",\"OutgoingBytes\"],"
                + "\"StreamARN\":\""
                + ARN
                + "\"}");
    assertThat(summary().path("EnhancedMonitoring"))
        .hasToString("[{\"ShardLevelMetrics\":[\"IncomingBytes\",\"OutgoingBytes\"]}]");
    assertThat(
            json(
                    "DisableEnhancedMonitoring",
                    "{\"StreamName\":\"orders\",\"ShardLevelMetrics\":[\"ALL\"]}")
                .path("DesiredShardLevelMetrics"))
        .isEmpty();
  }

  private JsonNode put() {
    return json("PutRecord", "{\"StreamName\":\"orders\",\"PartitionKey\":\"a\",\"Data\":\"\"}");
  }

  private JsonNode description() {
    return json("DescribeStream", "{\"StreamName\":\"orders\"}").path("StreamDescription");
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
