package io.headrace.local.protocol;

import static io.headrace.local.protocol.CommonFields.STREAM_ARN;
import static io.headrace.local.protocol.CommonFields.STREAM_ID;
import static io.headrace.local.protocol.CommonFields.STREAM_NAME;

import io.headrace.local.engine.Changed;
import io.headrace.local.engine.ShardMetric;
import io.headrace.local.engine.StreamOptions;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The actions that change a stream's retention, encryption and metrics: declarations, and the step
 * from fields to the engine.
 */
final class OptionActions {
  private static final String ALL_METRICS = "ALL";

  private static final Field<Integer> RETENTION_HOURS =
      Field.whole("RetentionPeriodHours").required().with(Constraint.min(1));
  private static final Field<String> ENCRYPTION_TYPE =
      Field.text("EncryptionType").required().oneOf("NONE", "KMS");
  private static final Field<String> KEY_ID = Field.text("KeyId").required().length(1, 2048);
  private static final Field<List<String>> METRICS =
      Field.texts("ShardLevelMetrics")
          .required()
          .length(1, 7)
          .with(
              Constraint.membersOneOf(
                  "IncomingBytes",
                  "IncomingRecords",
                  "OutgoingBytes",
                  "OutgoingRecords",
                  "WriteProvisionedThroughputExceeded",
                  "ReadProvisionedThroughputExceeded",
                  "IteratorAgeMilliseconds",
                  ALL_METRICS));

  private static final Output<Changed> METRICS_OUT =
      new Output<Changed>()
          .text("StreamName", changed -> changed.before().key().name())
          .texts("CurrentShardLevelMetrics", changed -> words(changed.before().options()))
          .texts("DesiredShardLevelMetrics", changed -> words(changed.after()))
          .text("StreamARN", changed -> changed.before().key().arn());

  private OptionActions() {}

  static List<Action<?>> all() {
    Structure retention = Structure.of(RETENTION_HOURS, STREAM_NAME, STREAM_ARN, STREAM_ID);
    Structure encryption =
        Structure.of(ENCRYPTION_TYPE, KEY_ID, STREAM_NAME, STREAM_ARN, STREAM_ID);
    Structure monitoring = Structure.of(METRICS, STREAM_NAME, STREAM_ARN, STREAM_ID);
    return List.of(
        Action.silent(
            "IncreaseStreamRetentionPeriod",
            retention,
            (engine, caller, input) ->
                engine.increaseRetention(
                    CommonFields.stream(caller, input), input.require(RETENTION_HOURS))),
        Action.silent(
            "DecreaseStreamRetentionPeriod",
            retention,
            (engine, caller, input) ->
                engine.decreaseRetention(
                    CommonFields.stream(caller, input), input.require(RETENTION_HOURS))),
        Action.silent(
            "StartStreamEncryption",
            encryption,
            (engine, caller, input) ->
                engine.startEncryption(
                    CommonFields.stream(caller, input),
                    input.require(ENCRYPTION_TYPE),
                    input.require(KEY_ID))),
        Action.silent(
            "StopStreamEncryption",
            encryption,
            (engine, caller, input) ->
                engine.stopEncryption(
                    CommonFields.stream(caller, input),
                    input.require(ENCRYPTION_TYPE),
                    input.require(KEY_ID))),
        new Action<>(
            "EnableEnhancedMonitoring",
            monitoring,
            METRICS_OUT,
            (engine, caller, input) ->
                engine.enableMetrics(CommonFields.stream(caller, input), metrics(input))),
        new Action<>(
            "DisableEnhancedMonitoring",
            monitoring,
            METRICS_OUT,
            (engine, caller, input) ->
                engine.disableMetrics(CommonFields.stream(caller, input), metrics(input))));
  }

  /** The names of the metrics that a stream with these options keeps. */
  static List<String> words(StreamOptions options) {
    return options.metricsInOrder().stream().map(ShardMetric::word).toList();
  }

  private static Set<ShardMetric> metrics(Fields input) {
    List<String> words = input.require(METRICS);
    Set<ShardMetric> metrics = EnumSet.allOf(ShardMetric.class);
    if (!words.contains(ALL_METRICS)) {
      metrics.removeIf(metric -> !words.contains(metric.word()));
    }
    return metrics;
  }
}
