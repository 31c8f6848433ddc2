package io.headrace.function;

import io.headrace.checkpoint.EffectStore;
import io.headrace.checkpoint.EffectStore.Claim;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** {@link Once} over a store. */
final class RecordedOnce implements Once {
  /** The codec's version goes before its bytes; this stands for null, which has none. */
  private static final int OF_NULL = -1;

  private final EffectStore store;
  private final String function;
  private final InstantSource clock;
  private final Duration keptFor;

  /** Effects that are being performed, by the token of who does. */
  private final Map<EffectStore.Key, Long> underWay = new ConcurrentHashMap<>();

  RecordedOnce(EffectStore store, String function, InstantSource clock, Duration keptFor) {
    this.store = Objects.requireNonNull(store, "store");
    this.function = Objects.requireNonNull(function, "function");
    this.clock = Objects.requireNonNull(clock, "clock");
    this.keptFor = keptFor;
    if (keptFor.isNegative() || keptFor.isZero()) {
      throw new IllegalArgumentException("keptFor " + keptFor + ": must be longer than nothing");
    }
  }

  @Override
  public <T> T perform(Event<?> event, String effect, Codec<T> result, Callable<T> call)
      throws Exception {
    var key = new EffectStore.Key(function + "!" + event.id(), effect);
    long token = event.attempt().fencingToken();
    begin(key, token);
    try {
      return decode(result, performed(key, token, result, call));
    } finally {
      underWay.remove(key, token);
    }
  }

  /**
   * The store would grant it to any attempt of this owner, as it can't know which are over: one
   * that was given up may be at it still. An owner that came later has it in any case.
   */
  private void begin(EffectStore.Key key, long token) {
    Long other = underWay.putIfAbsent(key, token);
    while (other != null) {
      if (StuckThreads.ownerOf(other) >= StuckThreads.ownerOf(token)) {
        throw new UnderWayException(
            "effect "
                + key.effect()
                + " of "
                + key.record()
                + ": an earlier attempt is at it still, and will record what comes of it");
      }
      other = underWay.replace(key, other, token) ? null : underWay.putIfAbsent(key, token);
    }
  }

  private <T> byte[] performed(EffectStore.Key key, long token, Codec<T> result, Callable<T> call)
      throws Exception {
    var expires = clock.instant().plus(keptFor);
    var claim = await(store.claim(key, token, expires));
    if (claim instanceof Claim.Granted) {
      claim = awaitInAnyCase(store.record(key, token, encode(result, call.call()), expires));
    }
    if (claim instanceof Claim.Recorded recorded) {
      return recorded.result();
    }
    throw new SupersededException(
        "effect "
            + key.effect()
            + " of "
            + key.record()
            + ": an owner with token "
            + ((Claim.Superseded) claim).token()
            + " has begun it, this one has "
            + token);
  }

  private static <T> byte[] encode(Codec<T> codec, @Nullable T value) throws Exception {
    if (value == null) {
      return ByteBuffer.allocate(Integer.BYTES).putInt(OF_NULL).array();
    }
    byte[] bytes = codec.encode(value);
    return ByteBuffer.allocate(Integer.BYTES + bytes.length)
        .putInt(codec.version())
        .put(bytes)
        .array();
  }

  /** Null comes back where null was answered, which the caller expects then. */
  @SuppressWarnings("NullAway")
  private static <T> T decode(Codec<T> codec, byte[] recorded) throws Exception {
    var buffer = ByteBuffer.wrap(recorded);
    int version = buffer.getInt();
    if (version == OF_NULL) {
      return null;
    }
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return codec.decode(bytes, version);
  }

  /**
   * The effect is performed: who is interrupted now must not let another attempt in before this.
   */
  private static <T> T awaitInAnyCase(CompletionStage<T> stage) throws Exception {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return await(stage);
        } catch (InterruptedException late) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    try {
      return stage.toCompletableFuture().get();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw failed;
    }
  }
}
