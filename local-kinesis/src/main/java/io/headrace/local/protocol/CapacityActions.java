package io.headrace.local.protocol;

import static io.headrace.local.protocol.CommonFields.STREAM_ARN;
import static io.headrace.local.protocol.CommonFields.STREAM_ID;
import static io.headrace.local.protocol.CommonFields.STREAM_NAME;

import io.headrace.local.engine.AccountLimits;
import io.headrace.local.engine.AccountSettings;
import io.headrace.local.engine.Commitment;
import io.headrace.local.engine.ShardCountChange;
import io.headrace.local.engine.StreamMode;
import io.headrace.local.engine.StreamOptions;
import io.headrace.local.engine.WarmThroughput;
import java.util.List;

/**
 * The actions on what accounts and streams have room for: declarations, and the step from fields to
 * the engine.
 */
final class CapacityActions {
  static final Field<String> STREAM_MODE =
      Field.text("StreamMode").required().oneOf("PROVISIONED", "ON_DEMAND");
  static final Field<Fields> MODE_DETAILS =
      Field.nested("StreamModeDetails", Structure.of(STREAM_MODE));
  static final Field<Integer> WARM_MIBPS =
      Field.whole("WarmThroughputMiBps").with(Constraint.min(0));
  static final Field<Integer> RECORD_KIB =
      Field.whole("MaxRecordSizeInKiB")
          .range(StreamOptions.RECORD_KIB_DEFAULT, StreamOptions.RECORD_KIB_LIMIT);

  private static final Field<Fields> MODE_DETAILS_TO_SET = MODE_DETAILS.required();
  private static final Field<Integer> WARM_MIBPS_TO_SET = WARM_MIBPS.required();
  private static final Field<Integer> RECORD_KIB_TO_SET = RECORD_KIB.required();
  private static final Field<String> REQUIRED_ARN = STREAM_ARN.required();
  private static final Field<String> SCALING_TYPE =
      Field.text("ScalingType").required().oneOf("UNIFORM_SCALING");
  private static final Field<Integer> TARGET =
      Field.whole("TargetShardCount").required().with(Constraint.min(1));
  private static final Field<String> STATUS =
      Field.text("Status").required().oneOf("ENABLED", "DISABLED");
  private static final Field<Fields> COMMITMENT =
      Field.nested("MinimumThroughputBillingCommitment", Structure.of(STATUS)).required();

  static final Output<WarmThroughput> WARM_OUT =
      new Output<WarmThroughput>()
          .number("TargetMiBps", WarmThroughput::targetMibps)
          .number("CurrentMiBps", WarmThroughput::currentMibps);

  private static final Output<Commitment> STARTED_OUT =
      new Output<Commitment>().time("StartedAt", Commitment::startMillis);
  private static final Output<Commitment> ENDED_OUT =
      new Output<Commitment>().time("EndedAt", Commitment::endMillis);
  private static final Output<Commitment> EARLIEST_END_OUT =
      new Output<Commitment>().time("EarliestAllowedEndAt", Commitment::earliestEndMillis);

  private static final Output<AccountSettings> SETTINGS_OUT =
      new Output<AccountSettings>()
          .nested(
              "MinimumThroughputBillingCommitment",
              settings -> settings,
              new Output<AccountSettings>()
                  .text("Status", settings -> settings.status().name())
                  .when(
                      settings -> settings.commitment().hasStarted(),
                      AccountSettings::commitment,
                      STARTED_OUT)
                  .when(CapacityActions::hasEnded, AccountSettings::commitment, ENDED_OUT)
                  .when(
                      settings -> settings.status() != Commitment.Status.DISABLED,
                      AccountSettings::commitment,
                      EARLIEST_END_OUT));

  private CapacityActions() {}

  static List<Action<?>> all() {
    return List.of(
        new Action<>(
            "DescribeLimits",
            Structure.of(),
            new Output<AccountLimits>()
                .number("ShardLimit", AccountLimits::shardsMax)
                .number("OpenShardCount", AccountLimits::openShards)
                .number("OnDemandStreamCount", AccountLimits::onDemandStreams)
                .number("OnDemandStreamCountLimit", AccountLimits::onDemandStreamsMax),
            (engine, caller, input) -> engine.capacity().limits(caller)),
        new Action<>(
            "DescribeAccountSettings",
            Structure.of(),
            SETTINGS_OUT,
            (engine, caller, input) -> engine.capacity().accountSettings(caller)),
        new Action<>(
            "UpdateAccountSettings",
            Structure.of(COMMITMENT),
            SETTINGS_OUT,
            (engine, caller, input) ->
                engine
                    .capacity()
                    .commit(caller, input.require(COMMITMENT).require(STATUS).equals("ENABLED"))),
        Action.silent(
            "UpdateStreamMode",
            Structure.of(REQUIRED_ARN, MODE_DETAILS_TO_SET, WARM_MIBPS, STREAM_ID),
            (engine, caller, input) ->
                engine
                    .capacity()
                    .updateMode(
                        CommonFields.streamOfArn(input),
                        mode(input.require(MODE_DETAILS_TO_SET)),
                        input.get(WARM_MIBPS))),
        new Action<>(
            "UpdateStreamWarmThroughput",
            Structure.of(WARM_MIBPS_TO_SET, STREAM_NAME, STREAM_ARN, STREAM_ID),
            new Output<WarmThroughput>()
                .text("StreamARN", warm -> warm.key().arn())
                .text("StreamName", warm -> warm.key().name())
                .nested("WarmThroughput", warm -> warm, WARM_OUT),
            (engine, caller, input) ->
                engine
                    .capacity()
                    .warm(CommonFields.stream(caller, input), input.require(WARM_MIBPS_TO_SET))),
        Action.silent(
            "UpdateMaxRecordSize",
            Structure.of(STREAM_ARN, RECORD_KIB_TO_SET, STREAM_ID),
            (engine, caller, input) ->
                engine
                    .capacity()
                    .updateRecordSize(
                        CommonFields.streamOfArn(input), input.require(RECORD_KIB_TO_SET))),
        new Action<>(
            "UpdateShardCount",
            Structure.of(SCALING_TYPE, STREAM_NAME, TARGET, STREAM_ARN, STREAM_ID),
            new Output<ShardCountChange>()
                .text("StreamName", change -> change.key().name())
                .number("CurrentShardCount", ShardCountChange::current)
                .number("TargetShardCount", ShardCountChange::target)
                .text("StreamARN", change -> change.key().arn()),
            (engine, caller, input) ->
                engine
                    .capacity()
                    .updateShardCount(CommonFields.stream(caller, input), input.require(TARGET))));
  }

  static StreamMode mode(Fields details) {
    return StreamMode.valueOf(details.require(STREAM_MODE));
  }

  private static boolean hasEnded(AccountSettings settings) {
    return settings.commitment().hasStarted() && settings.status() == Commitment.Status.DISABLED;
  }
}
