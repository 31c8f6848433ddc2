package io.headrace.function.lambda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import io.headrace.function.BatchAnswer;
import io.headrace.function.LambdaCall;
import io.headrace.function.LambdaHandler;
import io.headrace.function.LambdaHandlerException;
import io.headrace.function.LambdaHandlers;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResolvedHandlersTest {
  private static final String HERE = Handlers.class.getName() + "$";
  private static final ShardKey SHARD =
      new ShardKey(new StreamId("orders", Instant.EPOCH), new ShardId("shardId-000000000007"));

  @BeforeEach
  void forget() {
    Handlers.SEEN.clear();
  }

  @Test
  void an_event_holds_what_lambda_would_say_of_each_record() throws Exception {
    var call = call(record(4_959, "key-1", "hello"), record(4_960, "key-2", ""));

    var answer = instance("Typed").call(call);

    assertThat(answer.batch()).isEqualTo(new BatchAnswer.Done(false));
    var event = (KinesisEvent) Handlers.SEEN.get(0);
    assertThat(event.getRecords()).hasSize(2);
    var first = event.getRecords().get(0);
    assertThat(first.getEventID()).isEqualTo("shardId-000000000007:4959");
    assertThat(first.getEventSource()).isEqualTo("aws:kinesis");
    assertThat(first.getEventVersion()).isEqualTo("1.0");
    assertThat(first.getEventName()).isEqualTo("aws:kinesis:record");
    assertThat(first.getAwsRegion()).isEqualTo("us-east-1");
    assertThat(first.getEventSourceARN())
        .isEqualTo("arn:aws:kinesis:us-east-1:000000000000:stream/orders");
    assertThat(first.getKinesis().getKinesisSchemaVersion()).isEqualTo("1.0");
    assertThat(first.getKinesis().getPartitionKey()).isEqualTo("key-1");
    assertThat(first.getKinesis().getSequenceNumber()).isEqualTo("4959");
    assertThat(first.getKinesis().getApproximateArrivalTimestamp()).hasTime(1_545_084_650_987L);
    assertThat(event.getRecords().get(1).getKinesis().getData().remaining()).isZero();
  }

  @Test
  void each_call_gets_records_of_its_own_in_writable_arrays() throws Exception {
    var record = record(1, "k", "hello");
    var instance = instance("Typed");

    for (int attempt = 0; attempt < 2; attempt++) {
      Handlers.SEEN.clear();
      instance.call(call(record));
      var data = ((KinesisEvent) Handlers.SEEN.get(0)).getRecords().get(0).getKinesis().getData();
      assertThat(data.hasArray()).isTrue();
      assertThat(data.isReadOnly()).isFalse();
      assertThat(data.arrayOffset()).isZero();
      assertThat(new String(data.array(), UTF_8)).isEqualTo("hello");
      data.array()[0] = 'J';
      ((KinesisEvent) Handlers.SEEN.get(0)).getRecords().clear();
    }
    assertThat(record.payload().bytes()).isEqualTo("hello".getBytes(UTF_8));
  }

  @Test
  void the_context_knows_the_deadline_and_logs() throws Exception {
    instance("Typed").call(call(record(1, "k", "x")));

    var context = (Context) Handlers.SEEN.get(1);
    assertThat(context.getRemainingTimeInMillis()).isEqualTo(2_500);
    assertThat(context.getAwsRequestId()).isEqualTo("request-1");
    assertThat(context.getFunctionName()).isEqualTo("f");
    assertThat(context.getFunctionVersion()).isEqualTo("$LATEST");
    assertThat(context.getInvokedFunctionArn())
        .isEqualTo("arn:aws:lambda:us-east-1:000000000000:function:f");
    assertThat(context.getLogGroupName()).isEqualTo("/aws/lambda/f");
    assertThat(context.getLogStreamName()).isEqualTo("shardId-000000000007");
    assertThat(context.getMemoryLimitInMB()).isPositive();
    assertThat(context.getIdentity()).isNull();
    assertThat(context.getClientContext()).isNull();
    context.getLogger().log("a line\n");
    context.getLogger().log("bytes".getBytes(UTF_8));
    for (var level : LogLevel.values()) {
      context.getLogger().log("at " + level, level);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Bottom::handleRequest",
    "Bottom",
    "Raw",
    "Streaming",
    "Streaming::handleRequest",
    "Plain::first",
    "Plain::with",
    "Plain::stream",
    "Plain::pojo",
    "Plain::nothing",
    "Plain::statically",
    "Statics::handle",
    "StaticsOfInterface::handle",
  })
  void every_way_to_write_a_handler_is_called(String handler) throws Exception {
    assertThat(instance(handler).call(call(record(1, "k", "x"))).batch())
        .isEqualTo(new BatchAnswer.Done(false));

    assertThat(Handlers.SEEN).hasSize(1);
  }

  @Test
  void what_is_no_class_of_lambda_gets_the_json_as_it_is() throws Exception {
    instance("Plain::first").call(call(record(7, "k", "hello")));
    instance("Streaming").call(call(record(7, "k\"ey", "hello")));

    assertThat(((Map<?, ?>) Handlers.SEEN.get(0)).keySet()).isEqualTo(Set.of("Records"));
    assertThat((String) Handlers.SEEN.get(1))
        .isEqualTo(
            "{\"Records\":[{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\","
                + "\"partitionKey\":\"k\\\"ey\",\"sequenceNumber\":\"7\",\"data\":\"aGVsbG8=\","
                + "\"approximateArrivalTimestamp\":1545084650.987},"
                + "\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\","
                + "\"eventID\":\"shardId-000000000007:7\",\"eventName\":\"aws:kinesis:record\","
                + "\"invokeIdentityArn\":\"arn:aws:iam::000000000000:role/headrace\","
                + "\"awsRegion\":\"us-east-1\","
                + "\"eventSourceARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/orders\"}]}");
  }

  @Test
  void of_overloaded_methods_the_longest_is_called() throws Exception {
    instance("Plain::overloaded").call(call(record(1, "k", "x")));

    assertThat(Handlers.SEEN).containsExactly("long");
  }

  @Test
  void what_a_handler_throws_comes_out_as_it_is() {
    var instance = instance("Plain::throwing");

    assertThatThrownBy(() -> instance.call(call(record(1, "k", "x"))))
        .isInstanceOf(IOException.class)
        .hasMessage("of the handler");
  }

  @Test
  void an_answer_is_bounded() {
    var instance = instance("Flooding");

    assertThatThrownBy(() -> instance.call(call(record(1, "k", "x"))))
        .isInstanceOf(IOException.class)
        .hasMessage("the handler's answer is larger than 6291456 bytes");
  }

  @Test
  void an_instance_is_closed_with_its_function() throws Exception {
    instance("Closing").close();
    instance("Typed").close();

    assertThat(Handlers.SEEN).containsExactly("closed");
  }

  @Test
  void large_records_come_whole() throws Exception {
    for (int mebibytes : new int[] {1, 10}) {
      Handlers.SEEN.clear();
      instance("Typed").call(call(record(1, "k", "x".repeat(mebibytes << 20))));
      var data = ((KinesisEvent) Handlers.SEEN.get(0)).getRecords().get(0).getKinesis().getData();
      assertThat(data.remaining()).isEqualTo(mebibytes << 20);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "Absent | there is no class #Absent on its class path",
        "Base | #Base is abstract; name a class that can be made",
        "Plain | #Plain is neither a RequestHandler nor a RequestStreamHandler; name its method",
        "Plain::absent | #Plain has no public method absent; name one that it has",
        "Plain::hidden | #Plain has no public method hidden; name one that it has",
        "Plain::three | no method three of #Plain has parameters that can be given",
        "Plain::text | takes a String, as which the event, a JSON object, can't be read",
        "Plain::halfAStream | takes a InputStream, as which the event, a JSON object, can't be read",
        "Plain::ambiguous | both ambiguous(",
        "OfText | takes a String, as which the event, a JSON object, can't be read",
        "OfAnotherService | takes a SQSEvent, and a stream brings KinesisEvent",
        "WithoutConstructor | #WithoutConstructor has no public constructor without arguments",
        "NotPublic | #NotPublic is not public; make it so",
        "Inner | #Inner is an inner class, which needs an outer one; make it static",
      })
  void a_handler_that_can_not_be_called_is_refused_in_one_sentence(String handler, String why) {
    assertThatThrownBy(() -> LambdaHandlers.find().resolve(LambdaHandler.named(HERE + handler)))
        .isInstanceOf(LambdaHandlerException.class)
        .hasMessageStartingWith("handler " + HERE + handler + ": " + why.replace("#", HERE))
        .message()
        .hasLineCount(1);
    assertThat(Handlers.SEEN).as("none of its code ran").isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "Throwing | its constructor threw java.lang.IllegalStateException: no TABLE_NAME in the"
            + " environment",
        "ThrowingInSilence | its constructor threw java.lang.IllegalStateException",
        "BadStatics::handle | can't be made: NumberFormatException: For input string",
        "Unlinkable | can't be made: NumberFormatException: For input string: \"no number\"",
      })
  void a_constructor_that_fails_is_told_in_one_sentence(String handler, String why) {
    assertThatThrownBy(() -> instance(handler))
        .isInstanceOf(LambdaHandlerException.class)
        .hasMessageStartingWith("handler " + HERE + handler + ": " + why)
        .message()
        .hasLineCount(1);
  }

  @Test
  void a_name_that_is_none_is_refused() {
    for (var name :
        List.of("", "::handle", "com.acme.Handler::", "com.acme.Handler:handle", "a b")) {
      assertThatThrownBy(() -> LambdaHandler.named(name))
          .isInstanceOf(LambdaHandlerException.class)
          .hasMessage(
              "handler \"" + name + "\": must be written as com.acme.Handler::handleRequest");
    }
  }

  private static LambdaHandlers.Instance instance(String handler) {
    return LambdaHandlers.find().resolve(LambdaHandler.named(HERE + handler)).instance();
  }

  private static LambdaCall call(StreamRecord... records) {
    return new LambdaCall(
        "f", "request-1", SHARD, List.of(records), () -> Duration.ofMillis(2_500), null);
  }

  private static StreamRecord record(long sequence, String key, String payload) {
    return new StreamRecord(
        Position.of(sequence),
        key,
        Instant.ofEpochMilli(1_545_084_650_987L),
        payload.getBytes(UTF_8));
  }
}
