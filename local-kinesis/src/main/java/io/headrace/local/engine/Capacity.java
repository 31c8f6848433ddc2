package io.headrace.local.engine;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What accounts have and may have, and how their streams are scaled. Any thread may call; every
 * call may throw {@link KinesisError}, which is the answer to give.
 */
public final class Capacity {
  private static final int CHANGING_STREAMS_MAX = 5;

  private final Engine engine;
  private final EngineSettings settings;
  private final ConcurrentMap<Caller, Commitment> commitments = new ConcurrentHashMap<>();

  Capacity(Engine engine, EngineSettings settings) {
    this.engine = engine;
    this.settings = settings;
  }

  public AccountLimits limits(Caller caller) {
    Usage usage = usage(caller, engine.now());
    return new AccountLimits(
        settings.shardsMax(),
        usage.openShards,
        usage.onDemandStreams,
        settings.onDemandStreamsMax());
  }

  public AccountSettings accountSettings(Caller caller) {
    return new AccountSettings(commitments.getOrDefault(caller, Commitment.NONE), engine.now());
  }

  public AccountSettings commit(Caller caller, boolean enabled) {
    long now = engine.now();
    Commitment next =
        commitments.compute(
            caller,
            (same, present) -> {
              Commitment before = present == null ? Commitment.NONE : present;
              return enabled ? before.enabled(now) : before.disabled(now);
            });
    return new AccountSettings(next, now);
  }

  public ShardCountChange updateShardCount(StreamKey key, int target) {
    long now = engine.now();
    KinesisStream stream = engine.stream(key, now);
    Changed changed =
        stream.change(
            (state, at) -> {
              Plan plan = Scaling.shardCount(state, target, at);
              requireRoomForShards(key, target - state.openShards(), at);
              return plan;
            },
            now);
    return new ShardCountChange(key, changed.before().openShards(), target);
  }

  public void updateMode(StreamKey key, StreamMode mode, @Nullable Integer warmMibps) {
    long now = engine.now();
    KinesisStream stream = engine.stream(key, now);
    requireWarmable(key, warmMibps, now);
    stream.change(
        (state, at) -> {
          Plan plan = Scaling.mode(state, mode, warmMibps, at);
          if (mode == StreamMode.ON_DEMAND && plan.change() != null) {
            requireRoomForOnDemand(key, at);
          }
          return plan;
        },
        now);
  }

  public WarmThroughput warm(StreamKey key, int warmMibps) {
    long now = engine.now();
    KinesisStream stream = engine.stream(key, now);
    requireWarmable(key, warmMibps, now);
    Changed changed =
        stream.change(
            (state, at) -> {
              Plan plan = Scaling.warm(state, warmMibps);
              int more = Scaling.shardsFor(warmMibps) - state.openShards();
              requireRoomForShards(key, more, at);
              return plan;
            },
            now);
    return new WarmThroughput(key, warmMibps, changed.before().openShards());
  }

  public void updateRecordSize(StreamKey key, int kib) {
    long now = engine.now();
    engine.stream(key, now).change((state, at) -> Scaling.recordSize(state, kib), now);
  }

  /** The largest record that the stream takes now; the largest of all when there is no stream. */
  public int recordBytesMax(StreamKey key) {
    return engine.recordKibMax(key) * 1024;
  }

  /** The view with what it is warmed for, when the account and the stream are of that kind. */
  StreamView withWarmth(StreamView view, long nowMillis) {
    boolean onDemand = view.options().mode() == StreamMode.ON_DEMAND;
    if (!onDemand || !isCommitted(view.key(), nowMillis)) {
      return view;
    }
    int current = view.openShards();
    int target = view.options().warmMibps() == 0 ? current : view.options().warmMibps();
    return view.withWarm(new WarmThroughput(view.key(), target, current));
  }

  /** The caller holds what makes creations happen one at a time. */
  void requireRoomFor(NewStream wanted, long nowMillis) {
    StreamKey key = wanted.key();
    int warm = wanted.options().warmMibps();
    requireWarmable(key, warm == 0 ? null : warm, nowMillis);
    if (usage(key.owner(), nowMillis).changingStreams >= CHANGING_STREAMS_MAX) {
      throw KinesisError.limitExceeded(
          ("This request would have exceed the limit on the number  of streams that can "
                  + "simultaneously be in CREATING or DELETING for the account %s. Limit: %d.")
              .formatted(key.account(), CHANGING_STREAMS_MAX));
    }
    if (wanted.options().mode() == StreamMode.ON_DEMAND) {
      requireRoomForOnDemand(key, nowMillis);
    }
    requireRoomForShards(key, wanted.shards(), nowMillis);
  }

  void requireRoomForShards(StreamKey key, int wanted, long nowMillis) {
    int present = usage(key.owner(), nowMillis).openShards;
    if (wanted > 0 && present + (long) wanted > settings.shardsMax()) {
      throw KinesisError.limitExceeded(
          ("This request would exceed the shard limit for the account %s in %s. "
                  + "Current shard count for the account: %d. Limit: %d. "
                  + "Number of additional shards that would have resulted from this request: %d.")
              .formatted(key.account(), key.region(), present, settings.shardsMax(), wanted));
    }
  }

  private void requireRoomForOnDemand(StreamKey key, long nowMillis) {
    int present = usage(key.owner(), nowMillis).onDemandStreams;
    if (present >= settings.onDemandStreamsMax()) {
      throw KinesisError.limitExceeded(
          ("This request would exceed the limit of %d streams in ON_DEMAND mode for the account %s"
                  + " in %s.")
              .formatted(settings.onDemandStreamsMax(), key.account(), key.region()));
    }
  }

  private void requireWarmable(StreamKey key, @Nullable Integer warmMibps, long nowMillis) {
    if (warmMibps != null) {
      Scaling.requireWarmable(warmMibps, isCommitted(key, nowMillis));
    }
  }

  private boolean isCommitted(StreamKey key, long nowMillis) {
    return commitments.getOrDefault(key.owner(), Commitment.NONE).holds(nowMillis);
  }

  private Usage usage(Caller owner, long nowMillis) {
    Usage usage = new Usage();
    for (KinesisStream stream : engine.streams()) {
      if (stream.key().owner().equals(owner)) {
        usage.add(stream.load(), nowMillis);
      }
    }
    return usage;
  }

  /** What an account has, as it is counted. */
  private static final class Usage {
    private int openShards;
    private int onDemandStreams;
    private int changingStreams;

    private void add(StreamLoad load, long nowMillis) {
      if (load.isThere(nowMillis)) {
        openShards += load.shards();
        onDemandStreams += load.mode() == StreamMode.ON_DEMAND ? 1 : 0;
        changingStreams += load.isComingOrGoing(nowMillis) ? 1 : 0;
      }
    }
  }
}
