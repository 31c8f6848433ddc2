package io.headrace.function.settings;

import io.headrace.function.EventSourceMapping;
import io.headrace.function.FunctionOptions;
import io.headrace.function.InvocationThreads.Kind;
import io.headrace.function.KeyParking;
import io.headrace.kcl.Start;
import io.headrace.kcl.loop.ThreadKind;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Reads what a settings file says of one function beside its class. */
final class FunctionKeys {
  private static final String FOREVER = "forever";
  private static final int RETRIES_MAX = 10_000;
  private static final Duration AGE_MAX = Duration.ofDays(365);
  private static final Duration AGE_MIN_LAMBDA = Duration.ofMinutes(1);
  private static final Duration AGE_MAX_LAMBDA = Duration.ofDays(7);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration MILLISECOND = Duration.ofMillis(1);

  private final Section section;

  /** It is a Lambda handler, whose answers are heard by other rules too. */
  private final boolean handler;

  private FunctionKeys(Section section, boolean handler) {
    this.section = section;
    this.handler = handler;
  }

  /** Asks for the keys; the caller refuses others. */
  static FunctionOptions read(Section section) {
    return new FunctionKeys(section, false).options();
  }

  /** As {@link #read}; {@code reportBatchItemFailures} is the caller's without Lambda's rules. */
  static FunctionOptions readOfHandler(Section section) {
    return new FunctionKeys(section, true).options();
  }

  private FunctionOptions options() {
    var lambda = lambda();
    return new FunctionOptions(
        start(),
        lambda,
        batching(lambda.isPresent()),
        retrying(lambda.isPresent()),
        optional("timeout", key -> section.duration(key, HOUR, MILLISECOND, HOUR)),
        optional("inFlight", key -> section.number(key, 1, 1, 10_000)),
        threads(),
        optional(
            "committingWithin", key -> section.duration(key, Duration.ZERO, Duration.ZERO, HOUR)),
        new FunctionOptions.Standing(
            section.texts("migratesFrom"), flag("beginningAnew"), optional("shadow", this::path)));
  }

  private Path path(String key) {
    try {
      return Path.of(section.text(key, ""));
    } catch (InvalidPathException wrong) {
      throw section.complaint(key, "must be the path of a file");
    }
  }

  private FunctionOptions.Threads threads() {
    var kind = optional("virtualThreads", this::threadKind);
    int most = kind.orElse(Kind.AUTO) == Kind.VIRTUAL ? 10_000 : 1_000;
    return new FunctionOptions.Threads(
        optional("threads", key -> section.number(key, 1, 1, most)), kind);
  }

  private Kind threadKind(String key) {
    var kind =
        switch (section.text(key, "")) {
          case "auto" -> Kind.AUTO;
          case "never" -> Kind.PLATFORM;
          case "always" -> Kind.VIRTUAL;
          default -> throw section.complaint(key, "must be auto, always or never");
        };
    if (kind == Kind.VIRTUAL && !ThreadKind.VIRTUAL.isAvailable()) {
      throw section.complaint(
          key, "is for JDK 21 and later, this is " + Runtime.version().feature() + "; take auto");
    }
    return kind;
  }

  private <T> Optional<T> optional(String key, Function<String, T> reader) {
    return section.text(key).map(given -> reader.apply(key));
  }

  private Optional<Start> start() {
    return optional(
        "startingPosition",
        key ->
            switch (section.text(key, "")) {
              case "trim-horizon" -> Start.HORIZON;
              case "latest" -> Start.LATEST;
              default -> startAt(key);
            });
  }

  private Start startAt(String key) {
    try {
      return Start.at(Instant.parse(section.text(key, "")));
    } catch (DateTimeException noTime) {
      throw section.complaint(
          key, "must be trim-horizon, latest or a time such as 2026-01-01T00:00:00Z");
    }
  }

  /** What has no meaning without Lambda's rules is refused without them. */
  private Optional<EventSourceMapping> lambda() {
    boolean asked = flag("lambdaCompatible");
    var mapping =
        EventSourceMapping.defaults()
            .bisectBatchOnFunctionError(flagOf(asked, "bisectBatchOnFunctionError"))
            .reportBatchItemFailures(flagOf(asked || handler, "reportBatchItemFailures"))
            .refusingUnknownKeys(flagOf(asked, "refuseUnknownKeys"))
            .payloadInLetters(flagOf(asked, "payloadInLetters"));
    return asked ? Optional.of(mapping) : Optional.empty();
  }

  private boolean flagOf(boolean lambda, String key) {
    if (!lambda && section.text(key).isPresent()) {
      throw section.complaint(key, "is for functions with lambdaCompatible: true");
    }
    return flag(key);
  }

  private boolean flag(String key) {
    return flag(section, key, "false");
  }

  private static boolean flag(Section section, String key, String unless) {
    return switch (section.text(key, unless)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw section.complaint(key, "must be true or false");
    };
  }

  private FunctionOptions.Batching batching(boolean lambda) {
    var window =
        optional(
            "batchWindow",
            key -> section.duration(key, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(5)));
    if (lambda && window.isPresent() && window.get().toMillis() % 1000 != 0) {
      throw section.complaint("batchWindow", "must be whole seconds with lambdaCompatible: true");
    }
    long payloadMax = lambda ? 6L << 20 : 1L << 30;
    return new FunctionOptions.Batching(
        optional("batchSize", key -> section.number(key, 1, 1, 10_000)),
        window,
        optional("parallelizationFactor", key -> section.number(key, 1, 1, lambda ? 10 : 100)),
        optional("maxPayload", key -> section.bytes(key, 0, 1L << 20, payloadMax)));
  }

  private FunctionOptions.Retrying retrying(boolean lambda) {
    return new FunctionOptions.Retrying(
        optional(
            "retries",
            key ->
                section.text(key, "").equals(FOREVER)
                    ? EventSourceMapping.UNLIMITED
                    : section.number(key, 0, 0, RETRIES_MAX)),
        optional("recordAge", key -> recordAge(key, lambda)),
        backOff(section.section("backOff")),
        pauseAbove(section.section("pauseAbove")),
        parking(section.section("parking")),
        FunctionOptions.Outages.named(section.texts("unavailableOn")));
  }

  private Duration recordAge(String key, boolean lambda) {
    return section.duration(
        key, AGE_MAX, lambda ? AGE_MIN_LAMBDA : MILLISECOND, lambda ? AGE_MAX_LAMBDA : AGE_MAX);
  }

  private static Optional<FunctionOptions.BackOff> backOff(Section section) {
    var first = section.text("first");
    var longest = section.text("longest");
    if (first.isPresent() != longest.isPresent()) {
      throw section.complaint(
          first.isPresent() ? "longest" : "first", "is missing; give first and longest together");
    }
    var backOff =
        first.map(
            given ->
                new FunctionOptions.BackOff(
                    section.duration("first", MILLISECOND, MILLISECOND, HOUR),
                    section.duration("longest", HOUR, MILLISECOND, HOUR)));
    backOff.ifPresent(
        waits -> {
          if (waits.longest().compareTo(waits.first()) < 0) {
            throw section.complaint("longest", "must not be shorter than first");
          }
        });
    section.done();
    return backOff;
  }

  private static Optional<FunctionOptions.PauseAbove> pauseAbove(Section section) {
    var share = section.text("share");
    var ofLast = section.text("ofLast");
    if (share.isPresent() != ofLast.isPresent()) {
      throw section.complaint(
          share.isPresent() ? "ofLast" : "share", "is missing; give share and ofLast together");
    }
    var pause =
        share.map(
            text ->
                new FunctionOptions.PauseAbove(
                    share(section, text), section.number("ofLast", 100, 1, 100_000)));
    section.done();
    return pause;
  }

  /** What is not said is as by default; {@code enabled: false} parks none. */
  private static Optional<FunctionOptions.Parking> parking(Section section) {
    var usual = KeyParking.DEFAULT;
    boolean on = flag(section, "enabled", "true");
    var given = List.of("after", "records", "size", "keysMax", "sizeMax");
    var first = given.stream().filter(key -> section.text(key).isPresent()).findFirst();
    if (!on && first.isPresent()) {
      throw section.complaint(first.get(), "says nothing while enabled is false");
    }
    boolean asked = first.isPresent() || section.text("enabled").isPresent();
    long size = section.bytes("size", usual.bytes(), 1L << 20, 1L << 30);
    var bounds =
        new KeyParking(
            section.duration("after", usual.after(), Duration.ofMillis(100), HOUR),
            section.number("records", usual.records(), 1, 10_000),
            size,
            section.number("keysMax", usual.keysMax(), 1, 10_000),
            section.bytes("sizeMax", Math.max(size, usual.bytesMax()), size, 1L << 40));
    section.done();
    return asked
        ? Optional.of(new FunctionOptions.Parking(on ? Optional.of(bounds) : Optional.empty()))
        : Optional.empty();
  }

  private static double share(Section section, String text) {
    try {
      double share = Double.parseDouble(text);
      if (share >= 0 && share < 1) {
        return share;
      }
    } catch (NumberFormatException notANumber) {
      // the same complaint as for a number out of range
    }
    throw section.complaint("share", "must be at least 0 and below 1, such as 0.5");
  }
}
