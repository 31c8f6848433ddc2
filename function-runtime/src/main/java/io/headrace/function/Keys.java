package io.headrace.function;

import io.headrace.kcl.StreamSource;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * By what a function's state is kept. Declared, so that state is never silently partial: state lies
 * in the shard of its partition key, and a record that was put elsewhere by an explicit hash key
 * goes to the dead letters under the code {@code ForeignKey} without having touched any.
 */
public sealed interface Keys<I> {
  /** State lives under the record's partition key. */
  static <I> Keys<I> partitionKey() {
    return new ByPartitionKey<>();
  }

  /** State lives under (partition key, key): always local, never silently partial. */
  static <I> Keys<I> within(Function<? super I, String> key) {
    return new Within<>(key, Optional.empty());
  }

  /**
   * The same under a name, which is kept with the function: of two code blocks nobody can tell
   * whether they find the same keys, so who changes this one changes the name, and is refused while
   * there is state by the former keys.
   *
   * @param name what the key is, such as {@code merchant}; 1 to 64 characters
   */
  static <I> Keys<I> within(String name, Function<? super I, String> key) {
    return new Within<>(key, Optional.of(requireName(name)));
  }

  /**
   * State lives under any key: records go through a stream of Kinesis or of the input's service
   * that Headrace writes and reads, so that those of one key come together, whatever shards and
   * inputs they lie in. That stream is the function's alone: nothing else may write to it.
   *
   * <p>Of one key and one partition key of an input, records come in the input's order; of several
   * partition keys or inputs in any. What is carried twice, as after a crash, is dropped. Windows
   * close by the slowest shard of all inputs.
   *
   * @param key asked once a record, on the invocation pool; any text
   * @param throughStream a stream's name: 1 to 128 letters, digits, dots, dashes and underscores
   */
  static <I> Keys<I> across(Function<? super I, String> key, String throughStream) {
    return new Across<>(key, throughStream, Optional.empty());
  }

  /** The same under a name: see {@link #within(String, Function)}. */
  static <I> Keys<I> across(String name, Function<? super I, String> key, String throughStream) {
    return new Across<>(key, throughStream, Optional.of(requireName(name)));
  }

  private static String requireName(String name) {
    if (name.isBlank() || name.length() > 64 || name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "keys named \"" + name + "\": a name has 1 to 64 characters, and says something");
    }
    return name;
  }

  /** How keys are found, in words; with their name behind it, where they have one. */
  default String describe() {
    if (this instanceof Within<I> within) {
      return "within" + within.name().map(name -> " " + name).orElse("");
    }
    return this instanceof Across<I> across
        ? "across" + across.name().map(name -> " " + name).orElse("")
        : "partitionKey";
  }

  /** See {@link Keys#partitionKey}. */
  record ByPartitionKey<I>() implements Keys<I> {}

  /** See {@link Keys#within}. */
  record Within<I>(Function<? super I, String> key, Optional<String> name) implements Keys<I> {
    public Within {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(key, "key");
    }
  }

  /** See {@link Keys#across}. */
  record Across<I>(Function<? super I, String> key, String throughStream, Optional<String> name)
      implements Keys<I> {
    private static final Pattern STREAM = Pattern.compile("[A-Za-z0-9_.-]{1,128}");

    public Across {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(key, "key");
      if (!STREAM.matcher(throughStream).matches()) {
        throw new IllegalArgumentException(
            "through-stream \""
                + throughStream
                + "\": a stream's name has 1 to 128 letters, digits, dots, dashes and underscores");
      }
    }

    /** The stream, as one of this service. */
    StreamSource through(String service) {
      return new Through(service, throughStream);
    }

    private record Through(String service, String name) implements StreamSource {
      @Override
      public String toString() {
        return service + ":" + name;
      }
    }
  }
}
