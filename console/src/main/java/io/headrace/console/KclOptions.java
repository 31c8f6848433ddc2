package io.headrace.console;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** What import and export of a KCL table have in common. */
final class KclOptions {
  @Parameters(paramLabel = "app.yaml", description = "The settings file of the Headrace side.")
  private @Nullable Path file;

  @Option(
      names = "--function",
      paramLabel = "NAME",
      description = "Only this function; may be repeated.")
  private List<String> functions = List.of();

  @Option(
      names = "--stream",
      paramLabel = "NAME",
      description = "Only this stream of those that the functions read; may be repeated.")
  private List<String> streams = List.of();

  @Option(
      names = "--watch",
      paramLabel = "TIME",
      converter = Watch.class,
      description =
          "For how long both fleets must be seen to be still; at least the KCL's"
              + " failoverTimeMillis. Default: 12s, or 35s when a worker of the KCL 3 reported"
              + " within the last minute.")
  private @Nullable Duration watch;

  @Option(
      names = "--ignore-field",
      paramLabel = "NAME",
      description = "A field that somebody else put into the KCL's rows; may be repeated.")
  private Set<String> ignored = Set.of();

  @Option(
      names = "--force",
      paramLabel = "REASON",
      description =
          "Sets progress of this side aside; the reason is kept. Never stops a fleet that runs.")
  private @Nullable String force;

  @Option(names = "--dry-run", description = "Reads and checks everything, and writes nothing.")
  private boolean dryRun;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  Path file() {
    return Objects.requireNonNull(file);
  }

  List<String> functions() {
    return functions;
  }

  List<String> streams() {
    return streams;
  }

  Optional<Duration> watch() {
    return Optional.ofNullable(watch);
  }

  Set<String> ignored() {
    return ignored;
  }

  /** Why progress is set aside; empty when it may not be. */
  Optional<String> force() {
    if (force != null && force.isBlank()) {
      throw new Complaint("--force: say why, so that it can be read later");
    }
    return Optional.ofNullable(force);
  }

  boolean dryRun() {
    return dryRun;
  }

  boolean json() {
    return json;
  }

  /** A time as elsewhere, or milliseconds, for a fleet that certainly is not there. */
  static final class Watch implements ITypeConverter<Duration> {
    private static final Pattern MILLIS = Pattern.compile("[1-9]\\d{2}ms");

    @Override
    public Duration convert(String text) {
      return MILLIS.matcher(text).matches()
          ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
          : new DemoCommand.Time().convert(text);
    }
  }

  /** A moment that the KCL's table does not hold. */
  static final class Moment implements ITypeConverter<Instant> {
    @Override
    public Instant convert(String text) {
      try {
        return Instant.parse(text);
      } catch (DateTimeParseException wrong) {
        throw new TypeConversionException(
            "\"" + text + "\": must be a time such as 2026-11-28T14:00:00Z");
      }
    }
  }
}
