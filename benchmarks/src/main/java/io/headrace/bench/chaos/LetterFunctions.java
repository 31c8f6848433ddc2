package io.headrace.bench.chaos;

import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyParking;
import io.headrace.function.RecordFunction;
import io.headrace.function.RetryPolicy;
import io.headrace.function.RetryPolicy.KeyAfterLetter;
import io.headrace.kcl.StreamSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * The functions that have dead letters and parked keys, as a user would specify them; each reads
 * the same stream. An app.yaml names the classes in here, which is how {@code headrace redrive}
 * knows the functions; what they do is said by whoever runs them.
 */
final class LetterFunctions {
  private static final String FILTER =
      "{\"data\": {\"fate\": [{\"anything-but\": \"" + Fate.NOISE + "\"}]}}";

  private LetterFunctions() {}

  /** A key goes on after a letter. */
  static final class Sorting {
    private Sorting() {}

    /** For an app.yaml. */
    static FunctionSpec<String, String> spec() {
      return LetterFunctions.spec(Fate.SORTING, LetterFunctions::onlyNamed);
    }
  }

  /** A key waits behind its letter. */
  static final class Strict {
    private Strict() {}

    /** For an app.yaml. */
    static FunctionSpec<String, String> spec() {
      return LetterFunctions.spec(Fate.STRICT, LetterFunctions::onlyNamed);
    }
  }

  /** A key that fails is tried for ever, and parked soon. */
  static final class Parking {
    private Parking() {}

    /** For an app.yaml. */
    static FunctionSpec<String, String> spec() {
      return LetterFunctions.spec(Fate.PARKING, LetterFunctions::onlyNamed);
    }
  }

  private static RecordFunction<String, String> onlyNamed() {
    throw new IllegalStateException("these functions run in the workers of bench letters alone");
  }

  static FunctionSpec<String, String> spec(
      String name, Supplier<RecordFunction<String, String>> function) {
    return FunctionSpec.named(name)
        .reading(
            Input.of(StreamSource.kinesis(WitnessProgram.STREAM), new Text()).filteredBy(FILTER))
        .retrying(retrying(name))
        .handledBy(function, Destination.<String>nowhere());
  }

  private static RetryPolicy retrying(String name) {
    RetryPolicy twice =
        RetryPolicy.upTo(2).backingOff(Duration.ofMillis(20), Duration.ofMillis(200));
    return switch (name) {
      case Fate.SORTING -> twice;
      case Fate.STRICT -> twice.thenLaterRecordsOfTheKey(KeyAfterLetter.WAIT_FOR_REDRIVE);
      case Fate.PARKING ->
          RetryPolicy.forever()
              .backingOff(Duration.ofMillis(100), Duration.ofSeconds(2))
              .parkingKeys(new KeyParking(Duration.ofSeconds(1), 16, 1 << 20, 256, 256 << 20));
      default -> throw new IllegalArgumentException("there is no function " + name);
    };
  }

  /** UTF-8. */
  private static final class Text implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(StandardCharsets.UTF_8);
    }
  }
}
