package io.headrace.local.protocol;

import static io.headrace.local.protocol.CommonFields.SEQUENCE_NUMBER;
import static io.headrace.local.protocol.CommonFields.STREAM_ARN;
import static io.headrace.local.protocol.CommonFields.STREAM_ID;
import static io.headrace.local.protocol.CommonFields.name;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.ConsumerArn;
import io.headrace.local.engine.ConsumerPage;
import io.headrace.local.engine.ConsumerView;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.FanOut;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.Labels;
import io.headrace.local.engine.StreamKey;
import io.headrace.local.engine.Subscription;
import java.util.List;
import java.util.Map;

/** The actions on consumers: declarations, and the step from fields to the engine. */
final class ConsumerActions {
  private static final int PAGE_DEFAULT = 100;

  private static final Field<String> REQUIRED_STREAM_ARN = STREAM_ARN.required();
  private static final Field<String> NAME = name("ConsumerName");
  private static final Field<String> REQUIRED_NAME = NAME.required();
  private static final Field<String> ARN =
      Field.text("ConsumerARN")
          .pattern(
              "^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/"
                  + "[a-zA-Z0-9_.-]+:[0-9]+")
          .length(1, 2048);
  private static final Field<String> REQUIRED_ARN = ARN.required();
  private static final Field<Integer> MAX_RESULTS = Field.whole("MaxResults").range(1, 10_000);
  private static final Field<String> NEXT_TOKEN = Field.text("NextToken").length(1, 1_048_576);
  private static final Field<Long> CREATION = Field.time("StreamCreationTimestamp");

  private static final Field<String> SHARD_ID = name("ShardId").required();
  private static final Field<String> START_TYPE = CommonFields.startType("Type");
  private static final Field<String> START_NUMBER =
      Field.text("SequenceNumber").pattern(SEQUENCE_NUMBER);
  private static final Field<Long> START_TIME = Field.time("Timestamp");
  private static final Field<Fields> START =
      Field.nested("StartingPosition", Structure.of(START_TYPE, START_NUMBER, START_TIME))
          .required();

  private static final Output<ConsumerView> CONSUMER_OUT = consumerOut();
  private static final Output<ConsumerView> DESCRIPTION_OUT =
      consumerOut().text("StreamARN", view -> view.arn().stream().arn());

  private ConsumerActions() {}

  static List<Action<?>> all() {
    return List.of(
        new Action<>(
            "RegisterStreamConsumer",
            Structure.of(REQUIRED_STREAM_ARN, REQUIRED_NAME, STREAM_ID, TagActions.TAGS),
            new Output<ConsumerView>().nested("Consumer", view -> view, CONSUMER_OUT),
            (engine, caller, input) ->
                engine
                    .fanOut()
                    .register(
                        StreamKey.ofArn(input.require(REQUIRED_STREAM_ARN)),
                        input.require(REQUIRED_NAME),
                        Labels.ofTags(input.get(TagActions.TAGS, Map.of())))),
        Action.silent(
            "DeregisterStreamConsumer",
            Structure.of(STREAM_ARN, NAME, ARN, STREAM_ID),
            (engine, caller, input) ->
                engine.fanOut().deregister(consumer(engine.fanOut(), input).arn())),
        new Action<>(
            "DescribeStreamConsumer",
            Structure.of(STREAM_ARN, NAME, ARN, STREAM_ID),
            new Output<ConsumerView>().nested("ConsumerDescription", view -> view, DESCRIPTION_OUT),
            (engine, caller, input) -> consumer(engine.fanOut(), input)),
        new Action<>(
            "ListStreamConsumers",
            Structure.of(REQUIRED_STREAM_ARN, NEXT_TOKEN, MAX_RESULTS, CREATION, STREAM_ID),
            new Output<ConsumerPage>()
                .list("Consumers", ConsumerPage::consumers, CONSUMER_OUT)
                .text("NextToken", ConsumerPage::nextToken),
            ConsumerActions::list),
        new Action<>(
            "SubscribeToShard",
            Structure.of(REQUIRED_ARN, STREAM_ID, SHARD_ID, START),
            null,
            ConsumerActions::subscribe));
  }

  private static Output<ConsumerView> consumerOut() {
    return new Output<ConsumerView>()
        .text("ConsumerName", view -> view.arn().name())
        .text("ConsumerARN", view -> view.arn().arn())
        .text("ConsumerStatus", view -> view.status().name())
        .time("ConsumerCreationTimestamp", ConsumerView::createdMillis);
  }

  // Either one names the consumer: its ARN, or its name beside its stream's; all three must agree.
  private static ConsumerView consumer(FanOut fanOut, Fields input) {
    String arn = input.get(ARN);
    String stream = input.get(STREAM_ARN);
    String name = input.get(NAME);
    if (arn != null) {
      ConsumerArn parsed = ConsumerArn.parse(arn);
      boolean agrees =
          (stream == null || StreamKey.ofArn(stream).equals(parsed.stream()))
              && (name == null || name.equals(parsed.name()));
      if (!agrees) {
        throw KinesisError.invalidArgument(
            "ConsumerARN %s is not that of ConsumerName %s and StreamARN %s."
                .formatted(arn, name, stream));
      }
      return fanOut.describe(parsed);
    }
    if (stream == null || name == null) {
      throw KinesisError.invalidArgument(
          "Either ConsumerARN or both StreamARN and ConsumerName should be provided.");
    }
    return fanOut.describe(StreamKey.ofArn(stream), name);
  }

  private static ConsumerPage list(Engine engine, Caller caller, Fields input) {
    StreamKey key = StreamKey.ofArn(input.require(REQUIRED_STREAM_ARN));
    String token = input.get(NEXT_TOKEN);
    Long creation = input.get(CREATION);
    if (creation != null && token != null) {
      throw KinesisError.invalidArgument(
          "NextToken and StreamCreationTimestamp cannot be provided together.");
    }
    // A client may know the time to the second only, as JSON clients of old do.
    if (creation != null && creation / 1000 != engine.describe(key).created().getEpochSecond()) {
      throw key.notFound();
    }
    return engine.fanOut().list(key, token, input.get(MAX_RESULTS, PAGE_DEFAULT));
  }

  private static Subscription subscribe(Engine engine, Caller caller, Fields input) {
    Fields start = input.require(START);
    return engine
        .fanOut()
        .subscribe(
            ConsumerArn.parse(input.require(REQUIRED_ARN)),
            input.require(SHARD_ID),
            RecordActions.start(
                start.require(START_TYPE), start.get(START_NUMBER), start.get(START_TIME)));
  }
}
