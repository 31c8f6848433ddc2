package io.headrace.local.protocol;

import static io.headrace.local.protocol.CapacityActions.MODE_DETAILS;
import static io.headrace.local.protocol.CapacityActions.RECORD_KIB;
import static io.headrace.local.protocol.CapacityActions.WARM_MIBPS;
import static io.headrace.local.protocol.CommonFields.STREAM_ARN;
import static io.headrace.local.protocol.CommonFields.STREAM_ID;
import static io.headrace.local.protocol.CommonFields.STREAM_NAME;
import static io.headrace.local.protocol.CommonFields.name;
import static io.headrace.local.protocol.TagActions.TAGS;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.Labels;
import io.headrace.local.engine.NewStream;
import io.headrace.local.engine.Scaling;
import io.headrace.local.engine.StreamDescription;
import io.headrace.local.engine.StreamKey;
import io.headrace.local.engine.StreamListToken;
import io.headrace.local.engine.StreamMode;
import io.headrace.local.engine.StreamOptions;
import io.headrace.local.engine.StreamPage;
import io.headrace.local.engine.StreamView;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The actions on streams as a whole: declarations, and the step from fields to the engine. */
final class StreamActions {
  private static final int PAGE_MAX = 100;

  private static final Field<String> REQUIRED_STREAM_NAME = STREAM_NAME.required();
  private static final Field<Integer> SHARD_COUNT =
      Field.whole("ShardCount").with(Constraint.min(1));
  private static final Field<Boolean> ENFORCE_CONSUMER_DELETION =
      Field.flag("EnforceConsumerDeletion");
  private static final Field<Integer> LIMIT = Field.whole("Limit").range(1, 10_000);
  private static final Field<String> START_SHARD = name("ExclusiveStartShardId");
  private static final Field<String> START_STREAM = name("ExclusiveStartStreamName");
  private static final Field<String> NEXT_TOKEN = Field.text("NextToken").length(1, 1_048_576);

  private static final Output<StreamMode> MODE_OUT =
      new Output<StreamMode>().text("StreamMode", Enum::name);

  private static final Output<StreamOptions> METRICS_OUT =
      new Output<StreamOptions>().texts("ShardLevelMetrics", OptionActions::words);

  private static final Output<StreamView> LISTED_OUT =
      new Output<StreamView>()
          .text("StreamName", view -> view.key().name())
          .text("StreamARN", view -> view.key().arn())
          .text("StreamStatus", view -> view.status().name())
          .nested("StreamModeDetails", view -> view.options().mode(), MODE_OUT)
          .time("StreamCreationTimestamp", view -> view.created().toEpochMilli());

  private static final Output<StreamView> SUMMARY_OUT =
      new Output<StreamView>()
          .text("StreamName", view -> view.key().name())
          .text("StreamARN", view -> view.key().arn())
          .text("StreamStatus", view -> view.status().name())
          .nested("StreamModeDetails", view -> view.options().mode(), MODE_OUT)
          .number("RetentionPeriodHours", view -> view.options().retentionHours())
          .time("StreamCreationTimestamp", view -> view.created().toEpochMilli())
          .list("EnhancedMonitoring", view -> List.of(view.options()), METRICS_OUT)
          .text("EncryptionType", view -> encryption(view.options()))
          .text("KeyId", view -> view.options().keyId())
          .number("OpenShardCount", StreamView::openShards)
          .number("ConsumerCount", StreamView::consumers)
          .nestedIfAny("WarmThroughput", StreamView::warm, CapacityActions.WARM_OUT)
          .number("MaxRecordSizeInKiB", view -> view.options().recordKibMax());

  private static final Output<StreamDescription> DESCRIPTION_OUT =
      new Output<StreamDescription>()
          .text("StreamName", of -> of.stream().key().name())
          .text("StreamARN", of -> of.stream().key().arn())
          .text("StreamStatus", of -> of.stream().status().name())
          .nested("StreamModeDetails", of -> of.stream().options().mode(), MODE_OUT)
          .list("Shards", StreamDescription::shards, ShardActions.SHARD_OUT)
          .flag("HasMoreShards", StreamDescription::hasMoreShards)
          .number("RetentionPeriodHours", of -> of.stream().options().retentionHours())
          .time("StreamCreationTimestamp", of -> of.stream().created().toEpochMilli())
          .list("EnhancedMonitoring", of -> List.of(of.stream().options()), METRICS_OUT)
          .text("EncryptionType", of -> encryption(of.stream().options()))
          .text("KeyId", of -> of.stream().options().keyId());

  private StreamActions() {}

  static List<Action<?>> all() {
    return List.of(
        Action.silent(
            "CreateStream",
            Structure.of(
                SHARD_COUNT, REQUIRED_STREAM_NAME, MODE_DETAILS, TAGS, WARM_MIBPS, RECORD_KIB),
            StreamActions::create),
        Action.silent(
            "DeleteStream",
            Structure.of(STREAM_NAME, ENFORCE_CONSUMER_DELETION, STREAM_ARN, STREAM_ID),
            (engine, caller, input) ->
                engine.deleteStream(
                    CommonFields.stream(caller, input),
                    input.get(ENFORCE_CONSUMER_DELETION, false))),
        new Action<>(
            "DescribeStream",
            Structure.of(LIMIT, START_SHARD, STREAM_NAME, STREAM_ARN, STREAM_ID),
            new Output<StreamDescription>().nested("StreamDescription", of -> of, DESCRIPTION_OUT),
            StreamActions::describe),
        new Action<>(
            "DescribeStreamSummary",
            Structure.of(STREAM_NAME, STREAM_ARN, STREAM_ID),
            new Output<StreamView>().nested("StreamDescriptionSummary", view -> view, SUMMARY_OUT),
            (engine, caller, input) -> engine.describe(CommonFields.stream(caller, input))),
        new Action<>(
            "ListStreams",
            Structure.of(LIMIT, START_STREAM, NEXT_TOKEN),
            new Output<StreamPage>()
                .texts("StreamNames", page -> names(page.streams()))
                .flag("HasMoreStreams", page -> page.nextToken() != null)
                .text("NextToken", StreamPage::nextToken)
                .list("StreamSummaries", StreamPage::streams, LISTED_OUT),
            StreamActions::list));
  }

  private static void create(Engine engine, Caller caller, Fields input) {
    StreamKey key =
        new StreamKey(caller.account(), caller.region(), input.require(REQUIRED_STREAM_NAME));
    Integer shards = input.get(SHARD_COUNT);
    StreamMode mode = mode(input.get(MODE_DETAILS), shards);
    if (mode == StreamMode.ON_DEMAND && shards != null) {
      throw KinesisError.invalidArgument(
          "ShardCount " + shards + " must not be given for a stream in ON_DEMAND mode.");
    }
    if (mode == StreamMode.PROVISIONED && shards == null) {
      throw KinesisError.invalidArgument(
          "ShardCount must be given for a stream in PROVISIONED mode.");
    }
    int warm = input.get(WARM_MIBPS, 0);
    if (mode == StreamMode.PROVISIONED && warm > 0) {
      throw KinesisError.invalidArgument(
          "WarmThroughputMiBps can be given only with the mode ON_DEMAND.");
    }
    StreamOptions options =
        StreamOptions.of(mode)
            .withRecordKibMax(input.get(RECORD_KIB, StreamOptions.RECORD_KIB_DEFAULT))
            .withWarmMibps(warm);
    Labels labels = Labels.ofTags(input.get(TAGS, Map.of()));
    int count = shards == null ? Scaling.shardsFor(warm) : shards;
    engine.createStream(new NewStream(key, options, count, labels));
  }

  private static String encryption(StreamOptions options) {
    return options.isEncrypted() ? "KMS" : "NONE";
  }

  private static StreamMode mode(@Nullable Fields details, @Nullable Integer shards) {
    if (details != null) {
      return CapacityActions.mode(details);
    }
    return shards == null ? StreamMode.ON_DEMAND : StreamMode.PROVISIONED;
  }

  private static StreamDescription describe(Engine engine, Caller caller, Fields input) {
    return engine.describe(
        CommonFields.stream(caller, input),
        CommonFields.afterShard(input.get(START_SHARD)),
        Math.min(input.get(LIMIT, PAGE_MAX), PAGE_MAX));
  }

  private static StreamPage list(Engine engine, Caller caller, Fields input) {
    String token = input.get(NEXT_TOKEN);
    String after = token != null ? StreamListToken.lastName(token) : input.get(START_STREAM, "");
    return engine.listStreams(caller, after, Math.min(input.get(LIMIT, PAGE_MAX), PAGE_MAX));
  }

  private static List<String> names(List<StreamView> views) {
    return views.stream().map(view -> view.key().name()).toList();
  }
}
