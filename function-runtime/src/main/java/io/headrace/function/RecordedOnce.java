package io.headrace.function;

import io.headrace.checkpoint.EffectStore;
import io.headrace.checkpoint.EffectStore.Claim;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
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
    var expires = clock.instant().plus(keptFor);
    var claim = await(store.claim(key, token, expires));
    if (claim instanceof Claim.Granted) {
      claim = await(store.record(key, token, encode(result, call.call()), expires));
    }
    if (claim instanceof Claim.Recorded recorded) {
      return decode(result, recorded.result());
    }
    throw new SupersededException(
        "effect "
            + effect
            + " of record "
            + event.id()
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
