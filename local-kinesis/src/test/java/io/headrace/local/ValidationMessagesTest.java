package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words with which the service refuses values, field by field, over the wire. */
class ValidationMessagesTest {
  private static LocalKinesis kinesis;

  @BeforeAll
  static void start() {
    kinesis = LocalKinesis.start();
    kinesis.createStream("orders", 1);
  }

  @AfterAll
  static void close() {
    kinesis.close();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '~',
      textBlock =
          """
          CreateStream ~ {} ~ 1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null
          CreateStream ~ {"StreamName":"a b","ShardCount":0} ~ 2 validation errors detected: Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1; Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+
          CreateStream ~ {"StreamName":"a","StreamModeDetails":{"StreamMode":"BOTH"}} ~ 1 validation error detected: Value 'BOTH' at 'streamModeDetails.streamMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]
          DescribeStream ~ {"StreamName":"","Limit":10001} ~ 3 validation errors detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000; Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1
          DescribeStream ~ {"StreamARN":"arn:x"} ~ 1 validation error detected: Value 'arn:x' at 'streamARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+
          ListStreams ~ {"Limit":0,"ExclusiveStartStreamName":"ä"} ~ 2 validation errors detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; Value 'ä' at 'exclusiveStartStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+
          ListShards ~ {"StreamName":"orders","MaxResults":0,"ShardFilter":{}} ~ 2 validation errors detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1; Value null at 'shardFilter.type' failed to satisfy constraint: Member must not be null
          ListShards ~ {"StreamName":"orders","ShardFilter":{"Type":"ALL"}} ~ 1 validation error detected: Value 'ALL' at 'shardFilter.type' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SHARD_ID, AT_TRIM_HORIZON, FROM_TRIM_HORIZON, AT_LATEST, AT_TIMESTAMP, FROM_TIMESTAMP]
          PutRecord ~ {"StreamName":"orders"} ~ 2 validation errors detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null; Value null at 'data' failed to satisfy constraint: Member must not be null
          PutRecord ~ {"StreamName":"orders","PartitionKey":"","Data":"","ExplicitHashKey":"01","SequenceNumberForOrdering":"-1"} ~ 3 validation errors detected: Value '-1' at 'sequenceNumberForOrdering' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,128}); Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '01' at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})
          PutRecords ~ {} ~ 1 validation error detected: Value null at 'records' failed to satisfy constraint: Member must not be null
          PutRecords ~ {"StreamName":"orders","Records":[]} ~ 1 validation error detected: Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1
          PutRecords ~ {"StreamName":"orders","Records":[{"PartitionKey":"a","Data":""},{"PartitionKey":""}]} ~ 2 validation errors detected: Value '' at 'records.2.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null
          GetShardIterator ~ {"StreamName":"orders"} ~ 2 validation errors detected: Value null at 'shardId' failed to satisfy constraint: Member must not be null; Value null at 'shardIteratorType' failed to satisfy constraint: Member must not be null
          GetShardIterator ~ {"StreamName":"orders","ShardId":"0","ShardIteratorType":"NOW","StartingSequenceNumber":"x"} ~ 2 validation errors detected: Value 'NOW' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]; Value 'x' at 'startingSequenceNumber' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,128})
          GetRecords ~ {"Limit":0} ~ 2 validation errors detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; Value null at 'shardIterator' failed to satisfy constraint: Member must not be null
          SplitShard ~ {"StreamName":"orders"} ~ 2 validation errors detected: Value null at 'newStartingHashKey' failed to satisfy constraint: Member must not be null; Value null at 'shardToSplit' failed to satisfy constraint: Member must not be null
          AddTagsToStream ~ {} ~ 1 validation error detected: Value null at 'tags' failed to satisfy constraint: Member must not be null
          AddTagsToStream ~ {"StreamName":"","Tags":{}} ~ 3 validation errors detected: Value '{}' at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1
          AddTagsToStream ~ {"StreamName":"orders","Tags":{"a":"1","":"2"}} ~ 1 validation error detected: Value '{a=1, =2}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]
          RemoveTagsFromStream ~ {"StreamName":"orders","TagKeys":["a",""]} ~ 1 validation error detected: Value '[a, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]
          ListTagsForStream ~ {"StreamName":"orders","ExclusiveStartTagKey":"","Limit":51} ~ 2 validation errors detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50; Value '' at 'exclusiveStartTagKey' failed to satisfy constraint: Member must have length greater than or equal to 1
          TagResource ~ {"ResourceARN":"orders"} ~ 2 validation errors detected: Value null at 'tags' failed to satisfy constraint: Member must not be null; Value 'orders' at 'resourceARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+
          IncreaseStreamRetentionPeriod ~ {"StreamName":"","RetentionPeriodHours":-1} ~ 3 validation errors detected: Value '-1' at 'retentionPeriodHours' failed to satisfy constraint: Member must have value greater than or equal to 1; Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1
          StartStreamEncryption ~ {"StreamName":"orders","EncryptionType":"AES","KeyId":""} ~ 2 validation errors detected: Value 'AES' at 'encryptionType' failed to satisfy constraint: Member must satisfy enum value set: [NONE, KMS]; Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1
          EnableEnhancedMonitoring ~ {"StreamName":"orders","ShardLevelMetrics":["Bytes"]} ~ 1 validation error detected: Value '[Bytes]' at 'shardLevelMetrics' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [IncomingBytes, IncomingRecords, OutgoingBytes, OutgoingRecords, WriteProvisionedThroughputExceeded, ReadProvisionedThroughputExceeded, IteratorAgeMilliseconds, ALL]]
          MergeShards ~ {"StreamName":"orders"} ~ 2 validation errors detected: Value null at 'shardToMerge' failed to satisfy constraint: Member must not be null; Value null at 'adjacentShardToMerge' failed to satisfy constraint: Member must not be null
          """)
  void a_value_that_is_not_allowed_is_named_in_the_words_of_the_service(
      String action, String body, String message) {
    Wires.Answer answer = Wires.json(kinesis.endpoint(), action, body);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.type()).isEqualTo("ValidationException");
    assertThat(answer.message()).isEqualTo(message);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      delimiter = '~',
      textBlock =
          """
          PutRecord ~ {"StreamName":1} ~ class java.math.BigDecimal can not be converted to an String
          PutRecord ~ {"StreamName":true} ~ class java.lang.Boolean can not be converted to an String
          PutRecord ~ {"StreamName":[]} ~ Start of list found where not expected
          PutRecord ~ {"StreamName":{}} ~ Start of structure or map found where not expected.
          PutRecord ~ {"Data":1} ~ class java.math.BigDecimal can not be converted to a Blob
          PutRecord ~ {"Data":"*"} ~ The value can not be converted to a Blob: it is not Base64.
          PutRecords ~ {"Records":"a"} ~ Expected list or null
          PutRecords ~ {"Records":{}} ~ Start of structure or map found where not expected.
          PutRecords ~ {"Records":["a"]} ~ Expected null
          GetRecords ~ {"Limit":"1"} ~ class java.lang.String can not be converted to an Integer
          DeleteStream ~ {"EnforceConsumerDeletion":1} ~ class java.math.BigDecimal can not be converted to an Boolean
          """)
  void a_value_of_the_wrong_type_is_a_serialization_error(
      String action, String body, String message) {
    Wires.Answer answer = Wires.json(kinesis.endpoint(), action, body);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.type()).isEqualTo("SerializationException");
    assertThat(answer.body().path("Message").asText()).isEqualTo(message);
  }

  @Test
  void a_name_that_is_too_long_is_repeated_in_the_error() {
    String name = "a".repeat(129);

    Wires.Answer answer =
        Wires.json(
            kinesis.endpoint(), "DescribeStreamSummary", "{\"StreamName\":\"" + name + "\"}");

    assertThat(answer.message())
        .isEqualTo(
            "1 validation error detected: Value '"
                + name
                + "' at 'streamName' failed to satisfy constraint: Member must have length less"
                + " than or equal to 128");
  }

  @Test
  void data_over_ten_mebibytes_is_refused_and_not_repeated_in_the_error() {
    String data = Base64.getEncoder().encodeToString(new byte[10 * 1024 * 1024 + 1]);

    Wires.Answer answer =
        Wires.json(
            kinesis.endpoint(),
            "PutRecord",
            "{\"StreamName\":\"orders\",\"PartitionKey\":\"a\",\"Data\":\"" + data + "\"}");

    assertThat(answer.message())
        .isEqualTo(
            "1 validation error detected: Value at 'data' failed to satisfy constraint: Member"
                + " must have length less than or equal to 10485760");
  }

  @Test
  void five_hundred_and_one_records_are_one_too_many() {
    Wires.Answer answer =
        Wires.json(
            kinesis.endpoint(),
            "PutRecords",
            records(501, "{\"PartitionKey\":\"a\",\"Data\":\"\"}"));

    assertThat(answer.type()).isEqualTo("ValidationException");
    assertThat(answer.message())
        .startsWith("1 validation error detected: Value '[com.amazonaws.kinesis.v20131202.")
        .endsWith(
            "' at 'records' failed to satisfy constraint: Member must have length less than or"
                + " equal to 500");
  }

  @Test
  void no_more_than_ten_errors_are_named() {
    Wires.Answer answer = Wires.json(kinesis.endpoint(), "PutRecords", records(20, "{}"));

    assertThat(answer.message()).startsWith("10 validation errors detected: ");
  }

  @Test
  void records_of_more_than_ten_mebibytes_together_are_refused_as_a_whole() {
    Wires.Answer most = Wires.json(kinesis.endpoint(), "PutRecords", records(10, 1_048_575));
    Wires.Answer over = Wires.json(kinesis.endpoint(), "PutRecords", records(11, 1_000_000));

    assertThat(most.status()).isEqualTo(200);
    assertThat(over.type()).isEqualTo("InvalidArgumentException");
    assertThat(over.message()).isEqualTo("Records size exceeds 10 MB limit");
  }

  @Test
  void one_malformed_record_refuses_the_whole_put() {
    kinesis.createStream("untouched", 1);
    String tooLarge = "340282366920938463463374607431768211456";

    Wires.Answer answer =
        Wires.json(
            kinesis.endpoint(),
            "PutRecords",
            "{\"StreamName\":\"untouched\",\"Records\":[{\"PartitionKey\":\"a\",\"Data\":\"\"},"
                + "{\"PartitionKey\":\"a\",\"Data\":\"\",\"ExplicitHashKey\":\""
                + tooLarge
                + "\"}]}");

    assertThat(answer.type()).isEqualTo("InvalidArgumentException");
    assertThat(answer.message())
        .isEqualTo(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]."
                + " Specified value was "
                + tooLarge);
    assertThat(new Reading(kinesis.endpoint()).texts("untouched")).isEmpty();
  }

  private static String records(int count, int dataBytes) {
    String data = Base64.getEncoder().encodeToString(new byte[dataBytes]);
    return records(count, "{\"PartitionKey\":\"a\",\"Data\":\"" + data + "\"}");
  }

  private static String records(int count, String record) {
    return IntStream.range(0, count)
        .mapToObj(i -> record)
        .collect(Collectors.joining(",", "{\"StreamName\":\"orders\",\"Records\":[", "]}"));
  }
}
