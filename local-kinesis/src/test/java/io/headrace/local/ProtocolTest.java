package io.headrace.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order and the shape of errors, and what surrounds every answer. */
class ProtocolTest {
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
  @ValueSource(
      strings = {"", "{", "[]", "null", "{\"a\":}", "{} x", "nonsense", "{\"StreamName\":1"})
  void bytes_that_are_no_json_object_are_a_serialization_error_without_a_message(String body) {
    Wires.Answer answer = Wires.json(kinesis.endpoint(), "DescribeStream", body);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body().toString()).isEqualTo("{\"__type\":\"SerializationException\"}");
  }

  @Test
  void bytes_that_are_no_cbor_are_a_serialization_error_in_cbor() {
    List<byte[]> bodies =
        List.of(
            new byte[0],
            new byte[] {(byte) 0xff},
            new byte[] {(byte) 0xbf, 0x61},
            new byte[] {(byte) 0xbf, 0x61, 'a', 0x5b, 0x7f, -1, -1, -1, -1, -1, -1, -1},
            new byte[] {(byte) 0x9f},
            "{}".getBytes(UTF_8));
    for (byte[] body : bodies) {
      Wires.Answer answer = Wires.send(kinesis.endpoint(), "PutRecord", Wires.CBOR, body);

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.header("content-type")).isEqualTo(Wires.CBOR);
      assertThat(answer.type()).isEqualTo("SerializationException");
    }
  }

  @Test
  void a_key_that_no_answer_could_repeat_is_a_serialization_error_and_no_record() {
    for (String escape :
        List.of("\\ud800", "a\\ud800b", "\\udc00\\ud800", "\\ud83d\\ude00\\ud83d")) {
      Wires.Answer answer =
          Wires.json(
              kinesis.endpoint(),
              "PutRecord",
              "{\"StreamName\":\"orders\",\"PartitionKey\":\"" + escape + "\",\"Data\":\"\"}");

      assertThat(answer.status()).as(escape).isEqualTo(400);
      assertThat(answer.type()).isEqualTo("SerializationException");
    }
    Wires.Answer whole =
        Wires.json(
            kinesis.endpoint(),
            "PutRecord",
            "{\"StreamName\":\"orders\",\"PartitionKey\":\"\\ud83d\\ude00\",\"Data\":\"\"}");
    assertThat(whole.status()).isEqualTo(200);
  }

  @Test
  void a_text_longer_than_any_field_is_refused_at_once() {
    String arn = "arn:aws" + ":kinesis:".repeat(1_000_000);

    Wires.Answer answer =
        Wires.json(kinesis.endpoint(), "DescribeStreamSummary", "{\"StreamARN\":\"" + arn + "\"}");

    assertThat(answer.type()).isEqualTo("ValidationException");
    assertThat(answer.message()).startsWith("2 validation errors detected");
  }

  @Test
  void what_a_token_says_already_must_not_be_said_again() {
    Wires.Answer answer =
        Wires.json(
            kinesis.endpoint(),
            "ListShards",
            "{\"NextToken\":\"x\",\"ShardFilter\":{\"Type\":\"AT_LATEST\"}}");

    assertThat(answer.type()).isEqualTo("InvalidArgumentException");
    assertThat(answer.message())
        .isEqualTo("NextToken and ShardFilter cannot be provided together.");
  }

  @Test
  void an_unknown_target_is_an_unknown_operation_in_the_encoding_of_the_request() {
    Wires.Answer json = Wires.json(kinesis.endpoint(), "Nothing", "{}");
    Wires.Answer cbor = Wires.cbor(kinesis.endpoint(), "Nothing", Map.of());

    assertThat(json.status()).isEqualTo(400);
    assertThat(json.body().toString()).isEqualTo("{\"__type\":\"UnknownOperationException\"}");
    assertThat(cbor.status()).isEqualTo(400);
    assertThat(cbor.header("content-type")).isEqualTo(Wires.CBOR);
    assertThat(cbor.type()).isEqualTo("UnknownOperationException");
  }

  @Test
  void bytes_that_are_no_json_come_before_an_unknown_target() {
    assertThat(Wires.json(kinesis.endpoint(), "Nothing", "{").type())
        .isEqualTo("SerializationException");
  }

  @Test
  void an_unknown_content_type_is_answered_in_xml() {
    Wires.Answer named =
        Wires.send(kinesis.endpoint(), "ListStreams", "text/plain", new byte[] {1});
    Wires.Answer nameless =
        Wires.send(HttpRequest.newBuilder(kinesis.endpoint()).POST(BodyPublishers.noBody()));
    Wires.Answer get = Wires.send(HttpRequest.newBuilder(kinesis.endpoint()).GET());

    assertThat(named.status()).isEqualTo(404);
    assertThat(text(named)).isEqualTo("<UnknownOperationException/>\n");
    assertThat(nameless.status()).isEqualTo(403);
    assertThat(text(nameless))
        .isEqualTo(
            """
            <AccessDeniedException>
              <Message>Unable to determine service/operation name to be authorized</Message>
            </AccessDeniedException>
            """);
    assertThat(get.status()).isEqualTo(403);
  }

  @Test
  void a_request_that_is_not_signed_is_refused_after_its_bytes_and_before_its_types() {
    Wires.Answer answer = unsigned("{\"StreamName\":1}");
    Wires.Answer malformed = unsigned("{");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.type()).isEqualTo("MissingAuthenticationTokenException");
    assertThat(answer.message()).isEqualTo("Missing Authentication Token");
    assertThat(malformed.type()).isEqualTo("SerializationException");
  }

  @Test
  void a_signature_that_lacks_a_part_is_refused() {
    HttpRequest.Builder request =
        Wires.request(kinesis.endpoint(), "ListStreams", Wires.JSON, "{}".getBytes(UTF_8))
            .header("Authorization", "AWS4-HMAC-SHA256 Credential=a");

    Wires.Answer answer = Wires.send(request);

    assertThat(answer.type()).isEqualTo("IncompleteSignatureException");
    assertThat(answer.message())
        .isEqualTo(
            "Authorization header requires 'Signature' parameter. Authorization header requires"
                + " 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Credential=a");
  }

  @Test
  void every_answer_has_an_id_of_its_own() {
    Wires.Answer first = Wires.json(kinesis.endpoint(), "ListStreams", "{}");
    Wires.Answer second = Wires.json(kinesis.endpoint(), "Nothing", "{}");

    for (Wires.Answer answer : List.of(first, second)) {
      assertThat(answer.header("x-amzn-RequestId"))
          .matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
      assertThat(answer.header("x-amz-id-2")).hasSize(96);
    }
    assertThat(first.header("x-amzn-RequestId")).isNotEqualTo(second.header("x-amzn-RequestId"));
  }

  @Test
  void an_action_with_nothing_to_answer_answers_an_empty_body() {
    Wires.Answer answer =
        Wires.json(
            kinesis.endpoint(), "CreateStream", "{\"StreamName\":\"fresh\",\"ShardCount\":1}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.http().body()).isEmpty();
    assertThat(answer.header("content-length")).isEqualTo("0");
  }

  @Test
  void fields_that_no_action_knows_are_passed_over() {
    Wires.Answer answer =
        Wires.json(
            kinesis.endpoint(),
            "DescribeStreamSummary",
            "{\"New\":{\"a\":[1,{}]},\"StreamName\":\"orders\",\"Limit\":null}");

    assertThat(answer.status()).isEqualTo(200);
  }

  @Test
  void an_error_of_the_engine_comes_in_the_encoding_of_the_request() {
    Wires.Answer json =
        Wires.json(kinesis.endpoint(), "DescribeStream", "{\"StreamName\":\"nothing\"}");
    Wires.Answer cbor =
        Wires.cbor(kinesis.endpoint(), "DescribeStream", Map.of("StreamName", "nothing"));

    for (Wires.Answer answer : List.of(json, cbor)) {
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.type()).isEqualTo("ResourceNotFoundException");
      assertThat(answer.message())
          .isEqualTo("Stream nothing under account 000000000000 not found.");
    }
    assertThat(cbor.header("content-type")).isEqualTo(Wires.CBOR);
  }

  @Test
  void a_time_is_seconds_with_a_fraction_in_json_and_tagged_milliseconds_in_cbor() {
    VirtualClock clock = new VirtualClock();
    try (LocalKinesis still = LocalKinesis.builder().clock(clock).start()) {
      still.createStream("orders", 1);
      Wires.Answer json =
          Wires.json(still.endpoint(), "DescribeStreamSummary", "{\"StreamName\":\"orders\"}");
      Wires.Answer cbor =
          Wires.cbor(still.endpoint(), "DescribeStreamSummary", Map.of("StreamName", "orders"));

      long millis = VirtualClock.START.toEpochMilli();
      assertThat(text(json)).contains("\"StreamCreationTimestamp\":1769044922.500");
      String name = "StreamCreationTimestamp";
      byte[] body = cbor.http().body();
      int at = new String(body, ISO_8859_1).indexOf(name);
      assertThat(body[at + name.length()]).isEqualTo((byte) 0xc1);
      assertThat(body[at + name.length() + 1]).isEqualTo((byte) 0x1b);
      assertThat(cbor.body().path("StreamDescriptionSummary").path(name).asLong())
          .isEqualTo(millis);
    }
  }

  @Test
  void a_stream_is_named_by_name_by_arn_or_by_both_when_they_agree() {
    String arn = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";

    assertThat(summary("{\"StreamARN\":\"" + arn + "\"}").status()).isEqualTo(200);
    assertThat(summary("{\"StreamName\":\"orders\",\"StreamARN\":\"" + arn + "\"}").status())
        .isEqualTo(200);
    assertThat(summary("{\"StreamName\":\"other\",\"StreamARN\":\"" + arn + "\"}").type())
        .isEqualTo("InvalidArgumentException");
    assertThat(summary("{}").type()).isEqualTo("InvalidArgumentException");
  }

  @Test
  void a_browser_may_ask_first() {
    Wires.Answer answer =
        Wires.send(
            HttpRequest.newBuilder(kinesis.endpoint())
                .method("OPTIONS", BodyPublishers.noBody())
                .header("Origin", "http://localhost")
                .header("Access-Control-Request-Headers", "x-amz-target"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
    assertThat(answer.header("Access-Control-Allow-Headers")).isEqualTo("x-amz-target");
  }

  private static Wires.Answer summary(String body) {
    return Wires.json(kinesis.endpoint(), "DescribeStreamSummary", body);
  }

  private static Wires.Answer unsigned(String body) {
    return Wires.send(
        Wires.request(kinesis.endpoint(), "DescribeStream", Wires.JSON, body.getBytes(UTF_8)));
  }

  private static String text(Wires.Answer answer) {
    return new String(answer.http().body(), UTF_8);
  }
}
