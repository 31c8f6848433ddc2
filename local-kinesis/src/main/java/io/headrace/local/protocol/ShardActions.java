package io.headrace.local.protocol;

import static io.headrace.local.protocol.CommonFields.STREAM_ARN;
import static io.headrace.local.protocol.CommonFields.STREAM_ID;
import static io.headrace.local.protocol.CommonFields.STREAM_NAME;
import static io.headrace.local.protocol.CommonFields.name;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.HashRange;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.ShardFilter;
import io.headrace.local.engine.ShardPage;
import io.headrace.local.engine.ShardView;
import io.headrace.local.engine.StreamKey;
import java.util.List;

/** The actions on shards: declarations, and the step from fields to the engine. */
final class ShardActions {
  private static final int PAGE_DEFAULT = 1000;

  private static final Field<String> START_SHARD = name("ExclusiveStartShardId");
  private static final Field<Integer> MAX_RESULTS = Field.whole("MaxResults").range(1, 10_000);
  private static final Field<String> NEXT_TOKEN = Field.text("NextToken").length(1, 1_048_576);
  private static final Field<Long> CREATION = Field.time("StreamCreationTimestamp");
  private static final Field<String> FILTER_TYPE =
      Field.text("Type")
          .required()
          .oneOf(
              "AFTER_SHARD_ID",
              "AT_TRIM_HORIZON",
              "FROM_TRIM_HORIZON",
              "AT_LATEST",
              "AT_TIMESTAMP",
              "FROM_TIMESTAMP");
  private static final Field<String> FILTER_SHARD = name("ShardId");
  private static final Field<Long> FILTER_TIME = Field.time("Timestamp");
  private static final Field<Fields> FILTER =
      Field.nested("ShardFilter", Structure.of(FILTER_TYPE, FILTER_SHARD, FILTER_TIME));

  private static final Field<String> NEW_START =
      Field.text("NewStartingHashKey").required().pattern(CommonFields.HASH_KEY);
  private static final Field<String> TO_SPLIT = name("ShardToSplit").required();
  private static final Field<String> TO_MERGE = name("ShardToMerge").required();
  private static final Field<String> ADJACENT = name("AdjacentShardToMerge").required();

  static final Output<HashRange> RANGE_OUT =
      new Output<HashRange>()
          .text("StartingHashKey", range -> range.start().toString())
          .text("EndingHashKey", range -> range.end().toString());

  static final Output<ShardView> SHARD_OUT =
      new Output<ShardView>()
          .text("ShardId", ShardView::id)
          .text("ParentShardId", ShardView::parentId)
          .text("AdjacentParentShardId", ShardView::adjacentParentId)
          .nested("HashKeyRange", ShardView::range, RANGE_OUT)
          .nested(
              "SequenceNumberRange",
              shard -> shard,
              new Output<ShardView>()
                  .text("StartingSequenceNumber", ShardView::startingSequenceNumber)
                  .text("EndingSequenceNumber", ShardView::endingSequenceNumber));

  private ShardActions() {}

  static List<Action<?>> all() {
    return List.of(
        new Action<>(
            "ListShards",
            Structure.of(
                START_SHARD,
                MAX_RESULTS,
                NEXT_TOKEN,
                CREATION,
                STREAM_NAME,
                FILTER,
                STREAM_ARN,
                STREAM_ID),
            new Output<ShardPage>()
                .list("Shards", ShardPage::shards, SHARD_OUT)
                .text("NextToken", ShardPage::nextToken),
            ShardActions::list),
        Action.silent(
            "SplitShard",
            Structure.of(NEW_START, STREAM_NAME, TO_SPLIT, STREAM_ARN, STREAM_ID),
            (engine, caller, input) ->
                engine.splitShard(
                    CommonFields.stream(caller, input),
                    input.require(TO_SPLIT),
                    input.require(NEW_START))),
        Action.silent(
            "MergeShards",
            Structure.of(TO_MERGE, ADJACENT, STREAM_NAME, STREAM_ARN, STREAM_ID),
            (engine, caller, input) ->
                engine.mergeShards(
                    CommonFields.stream(caller, input),
                    input.require(TO_MERGE),
                    input.require(ADJACENT))));
  }

  private static ShardPage list(Engine engine, Caller caller, Fields input) {
    String token = input.get(NEXT_TOKEN);
    int max = input.get(MAX_RESULTS, PAGE_DEFAULT);
    if (token != null) {
      refuseWithToken(input, STREAM_NAME);
      refuseWithToken(input, START_SHARD);
      refuseWithToken(input, CREATION);
      refuseWithToken(input, FILTER);
      return engine.listMoreShards(CommonFields.owner(caller, input), token, max);
    }
    if (input.get(STREAM_NAME) == null && input.get(STREAM_ARN) == null) {
      throw KinesisError.invalidArgument("Either NextToken or StreamName should be provided.");
    }
    StreamKey key = CommonFields.stream(caller, input);
    Long creation = input.get(CREATION);
    // A client may know the time to the second only, as JSON clients of old do.
    if (creation != null && creation / 1000 != engine.describe(key).created().getEpochSecond()) {
      throw key.notFound();
    }
    int after = CommonFields.afterShard(input.get(START_SHARD));
    return engine.listShards(key, filter(input), after, max);
  }

  private static void refuseWithToken(Fields input, Field<?> field) {
    if (input.get(field) != null) {
      throw KinesisError.invalidArgument(
          "NextToken and " + field.name() + " cannot be provided together.");
    }
  }

  private static ShardFilter filter(Fields input) {
    Fields filter = input.get(FILTER);
    if (filter == null) {
      return new ShardFilter.FromTrimHorizon();
    }
    String type = filter.require(FILTER_TYPE);
    return switch (type) {
      case "AT_TRIM_HORIZON" -> new ShardFilter.AtTrimHorizon();
      case "AT_LATEST" -> new ShardFilter.AtLatest();
      case "AT_TIMESTAMP" -> new ShardFilter.AtTime(filterNeeds(filter, FILTER_TIME, type));
      case "FROM_TIMESTAMP" -> new ShardFilter.FromTime(filterNeeds(filter, FILTER_TIME, type));
      case "AFTER_SHARD_ID" ->
          new ShardFilter.AfterShard(
              CommonFields.afterShard(filterNeeds(filter, FILTER_SHARD, type)));
      default -> new ShardFilter.FromTrimHorizon();
    };
  }

  private static <T> T filterNeeds(Fields filter, Field<T> field, String type) {
    T value = filter.get(field);
    if (value == null) {
      throw KinesisError.invalidArgument(
          "ShardFilter of type " + type + " needs " + field.name() + ".");
    }
    return value;
  }
}
