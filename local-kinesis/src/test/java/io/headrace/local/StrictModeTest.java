package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.protocol.Wire;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.AccessDeniedException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** A server that verifies signatures, and the real client. */
class StrictModeTest {
  private static final String ACCOUNT = "111122223333";

  private static LocalKinesis kinesis;

  @BeforeAll
  static void start() {
    kinesis =
        LocalKinesis.builder()
            .credentials("test", "any", ACCOUNT)
            .credentials("stranger", "any", "444455556666")
            .temporaryCredentials("guest", "any", "token", Instant.MAX, ACCOUNT)
            .temporaryCredentials("gone", "any", "token", Instant.EPOCH, ACCOUNT)
            .start();
    kinesis.createStream("orders", 1);
  }

  @AfterAll
  static void close() {
    kinesis.close();
  }

  static Stream<Arguments> wires() {
    return Stream.of(Wire.values())
        .flatMap(wire -> Stream.of(Protocol.values()).map(http -> Arguments.of(wire, http)));
  }

  @ParameterizedTest
  @MethodSource("wires")
  void the_real_client_with_the_right_secret_puts_and_reads_anything(Wire wire, Protocol http) {
    String odd = "\u00e9\u1234 %2F+&=?\"'\n\ud83d\ude00";
    try (KinesisAsyncClient client =
        Clients.with(kinesis.endpoint(), wire, http, AwsBasicCredentials.create("test", "any"))) {
      client
          .putRecord(
              b -> b.streamName("orders").partitionKey(odd).data(SdkBytes.fromUtf8String(odd)))
          .join();
      String iterator =
          client
              .getShardIterator(
                  b ->
                      b.streamName("orders")
                          .shardId("shardId-000000000000")
                          .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
              .join()
              .shardIterator();

      assertThat(client.getRecords(b -> b.shardIterator(iterator)).join().records())
          .isNotEmpty()
          .allSatisfy(record -> assertThat(record.data().asUtf8String()).isEqualTo(odd));
    }
  }

  @ParameterizedTest
  @MethodSource("wires")
  void the_real_client_with_another_secret_is_told_so(Wire wire, Protocol http) {
    try (KinesisAsyncClient client =
        Clients.with(kinesis.endpoint(), wire, http, AwsBasicCredentials.create("test", "all"))) {
      refused(
          client,
          "InvalidSignatureException",
          "The request signature we calculated does not match the signature you provided.");
    }
  }

  @Test
  void an_unknown_key_and_a_wrong_or_old_token_are_told_so() {
    refused(
        AwsBasicCredentials.create("nobody", "any"),
        "UnrecognizedClientException",
        "The security token included in the request is invalid.");
    refused(
        AwsSessionCredentials.create("guest", "any", "other"),
        "UnrecognizedClientException",
        "The security token included in the request is invalid.");
    refused(
        AwsSessionCredentials.create("gone", "any", "token"),
        "ExpiredTokenException",
        "The security token included in the request is expired");
    try (KinesisAsyncClient client =
        client(AwsSessionCredentials.create("guest", "any", "token"))) {
      client.listStreams().join();
    }
  }

  @Test
  void streams_are_those_of_the_keys_account() {
    try (KinesisAsyncClient client = client(AwsBasicCredentials.create("test", "any"))) {
      assertThat(
              client
                  .describeStreamSummary(b -> b.streamName("orders"))
                  .join()
                  .streamDescriptionSummary()
                  .streamARN())
          .isEqualTo("arn:aws:kinesis:us-east-1:" + ACCOUNT + ":stream/orders");
    }
  }

  @Test
  void another_account_reaches_a_stream_as_far_as_its_policy_says() {
    String arn = "arn:aws:kinesis:us-east-1:" + ACCOUNT + ":stream/shared";
    kinesis.createStream("shared", 1);
    try (KinesisAsyncClient owner = client(AwsBasicCredentials.create("test", "any"));
        KinesisAsyncClient stranger = client(AwsBasicCredentials.create("stranger", "any"))) {
      deniedTo(stranger, arn, "because no resource-based policy allows the kinesis:ListShards");

      owner
          .putResourcePolicy(b -> b.resourceARN(arn).policy(policy("Allow", "kinesis:List*")))
          .join();
      assertThat(stranger.listShards(b -> b.streamARN(arn)).join().shards()).hasSize(1);
      assertThatThrownBy(() -> stranger.deleteStream(b -> b.streamARN(arn)).join())
          .cause()
          .isInstanceOf(AccessDeniedException.class);

      owner
          .putResourcePolicy(b -> b.resourceARN(arn).policy(policy("Deny", "kinesis:ListShards")))
          .join();
      deniedTo(stranger, arn, "with an explicit deny in a resource-based policy");
      String absent = arn.replace("shared", "absent");
      deniedTo(stranger, absent, "because no resource-based policy allows");
    }
  }

  private static void deniedTo(KinesisAsyncClient client, String arn, String why) {
    assertThatThrownBy(() -> client.listShards(b -> b.streamARN(arn)).join())
        .cause()
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageContaining(
            "User: arn:aws:iam::444455556666:root is not authorized to perform: kinesis:ListShards"
                + " on resource: "
                + arn
                + " "
                + why);
  }

  private static String policy(String effect, String action) {
    return """
    {"Version": "2012-10-17", "Statement": [{"Effect": "%s", "Action": "%s",
      "Principal": {"AWS": "arn:aws:iam::444455556666:role/reader"}}]}
    """
        .formatted(effect, action);
  }

  @Test
  void a_signature_by_shape_alone_is_refused() {
    assertThat(Wires.json(kinesis.endpoint(), "ListStreams", "{}").type())
        .isEqualTo("InvalidSignatureException");
  }

  @Test
  void what_is_no_key_is_refused_without_telling_its_secret() {
    assertThatThrownBy(() -> LocalKinesis.builder().credentials("a/b", "any"))
        .hasMessage("accessKey must be 1 to 128 letters, digits and _ but is 'a/b'");
    assertThatThrownBy(() -> LocalKinesis.builder().credentials("test", ""))
        .hasMessage("the secret of accessKey test is empty");
    assertThatThrownBy(() -> LocalKinesis.builder().credentials("test", "any", "1"))
        .hasMessage("account must be 12 digits but is '1'");
  }

  private static KinesisAsyncClient client(AwsCredentials credentials) {
    return Clients.with(kinesis.endpoint(), Wire.CBOR, Protocol.HTTP2, credentials);
  }

  private static void refused(AwsCredentials credentials, String code, String message) {
    try (KinesisAsyncClient client = client(credentials)) {
      refused(client, code, message);
    }
  }

  private static void refused(KinesisAsyncClient client, String code, String message) {
    assertThatThrownBy(() -> client.listStreams().join())
        .cause()
        .isInstanceOf(KinesisException.class)
        .hasMessageContaining(message)
        .extracting(error -> ((KinesisException) error).awsErrorDetails().errorCode())
        .isEqualTo(code);
  }
}
