package io.headrace.function;

import java.nio.file.Path;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where outputs go. Those of functions with state by key or in windows leave once they are
 * committed together with the state: after a crash one may be sent again, never with another value.
 * Those of other functions are sent when the attempt has succeeded and before its record counts as
 * done. Each has an id that is the same every time.
 */
public final class Destination<O> {
  /** What a destination is made of. */
  sealed interface Target<O> {
    /** What writes the outputs; null where nothing does. */
    default @Nullable Codec<O> codec() {
      return null;
    }

    record ToStream<O>(
        String name, Codec<O> codec, Function<? super O, String> partitionKey, Envelope envelope)
        implements Target<O> {}

    record ToFile<O>(Path path, Codec<O> codec) implements Target<O> {}

    record ToCallback<O>(BiConsumer<String, ? super O> callback, @Nullable Codec<O> codec)
        implements Target<O> {}

    record Nowhere<O>() implements Target<O> {}
  }

  /** What an output carries beside key and payload. */
  public enum Envelope {
    /** Nothing: a record of the stream is the payload, and any reader reads it. */
    NONE,
    /**
     * The function's name and its id, as header {@code headrace-id}, and the trace context of the
     * record that caused it, packed beside the payload in the format of the Kinesis Producer
     * Library. Headrace, the Kinesis Client Library and Firehose unpack it; other readers must.
     */
    KPL_TAGS
  }

  private final Target<O> target;

  private Destination(Target<O> target) {
    this.target = target;
  }

  /** A stream; {@code partitionKey} is asked once for each output. */
  public static <O> Destination<O> stream(
      String name, Codec<O> codec, Function<? super O, String> partitionKey) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("destination stream name: must not be empty");
    }
    Objects.requireNonNull(codec, "codec");
    Objects.requireNonNull(partitionKey, "partitionKey");
    return new Destination<>(new Target.ToStream<>(name, codec, partitionKey, Envelope.NONE));
  }

  /**
   * The same stream, with outputs in an envelope.
   *
   * @throws IllegalArgumentException when this is no stream: only records of streams have one
   */
  public Destination<O> envelope(Envelope envelope) {
    Objects.requireNonNull(envelope, "envelope");
    if (!(target instanceof Target.ToStream<O> stream)) {
      throw new IllegalArgumentException(
          "envelope " + envelope + ": only the outputs of Destination.stream(...) have one");
    }
    return new Destination<>(
        new Target.ToStream<>(stream.name(), stream.codec(), stream.partitionKey(), envelope));
  }

  /** A file to which each output is appended as one line: give a codec that writes no line ends. */
  public static <O> Destination<O> file(Path path, Codec<O> codec) {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(codec, "codec");
    return new Destination<>(new Target.ToFile<>(path, codec));
  }

  /**
   * The process itself. Called on the invocation pool, in order for each key; an exception counts
   * as a destination that is down, so the output is offered again.
   */
  public static <O> Destination<O> callback(Consumer<? super O> callback) {
    Objects.requireNonNull(callback, "callback");
    return new Destination<>(new Target.ToCallback<O>((id, value) -> callback.accept(value), null));
  }

  /** As {@link #callback}, with the output's id first: the same whenever the output is repeated. */
  public static <O> Destination<O> identified(BiConsumer<String, ? super O> callback) {
    Objects.requireNonNull(callback, "callback");
    return new Destination<>(new Target.ToCallback<O>(callback, null));
  }

  /**
   * The same callback, for functions with state: their outputs are kept by this codec until they
   * are committed. A callback without one is called before the commit, and after a crash may be
   * called with another value under the same id.
   *
   * @throws IllegalArgumentException when this is no callback: all others have a codec
   */
  public Destination<O> keptBy(Codec<O> codec) {
    Objects.requireNonNull(codec, "codec");
    if (!(target instanceof Target.ToCallback<O> to)) {
      throw new IllegalArgumentException(
          "keptBy: only Destination.callback(...) and identified(...) need a codec to be kept by");
    }
    return new Destination<>(new Target.ToCallback<>(to.callback(), codec));
  }

  /** For functions without outputs: what they send is dropped. */
  public static <O> Destination<O> nowhere() {
    return new Destination<>(new Target.Nowhere<>());
  }

  Target<O> target() {
    return target;
  }
}
