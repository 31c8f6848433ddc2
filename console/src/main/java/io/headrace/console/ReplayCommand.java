package io.headrace.console;

import io.headrace.function.FunctionSpec;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.kcl.loop.ThreadedLoop;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Two versions of a function over the same stretch of their stream, in a sandbox. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    description = {
      "Runs two functions of the file over a stretch of their stream, in a sandbox, and says how",
      "what they send differs. Writes no outputs and touches no progress; both begin without state.",
      "Exit code 1 when they differ. What a function does besides, such as calls, it does."
    })
final class ReplayCommand implements Callable<Integer> {
  private static final int LINES_MAX = 50;

  @Parameters(paramLabel = "app.yaml", description = "The settings file of the application.")
  private @Nullable Path file;

  @Option(names = "--function", required = true, description = "The version that is to be tried.")
  private @Nullable String function;

  @Option(names = "--against", required = true, description = "The version that it is held to.")
  private @Nullable String against;

  @Option(
      names = "--from",
      required = true,
      description = "Records that arrived at this instant or later.")
  private @Nullable String from;

  @Option(
      names = "--to",
      required = true,
      description = "Records that arrived before this instant.")
  private @Nullable String to;

  @Option(
      names = "--within",
      defaultValue = "600",
      description = "Gives up after so many seconds; 600 unless given.")
  private int within;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    var first = instant("--from", Objects.requireNonNull(from));
    var last = instant("--to", Objects.requireNonNull(to));
    if (!first.isBefore(last)) {
      throw new Complaint("--from " + first + " --to " + last + ": the stretch is empty");
    }
    requirePast(last);
    var settings = Settings.read(Objects.requireNonNull(file));
    try (var application = Application.load(settings);
        var aws = AwsServices.at(RunCommand.endpoints(settings));
        var sandbox = new Sandbox(aws.connector(Retrieval.polling()), last)) {
      var version = sandboxed(application, Objects.requireNonNull(function), first);
      var other = sandboxed(application, Objects.requireNonNull(against), first);
      requireComparable(version, other);
      sandbox.run(List.of(version, other), Duration.ofSeconds(within));
      return tell(ReplayReport.of(sandbox.outputs(version.name()), sandbox.outputs(other.name())));
    } catch (IllegalArgumentException refused) {
      throw new Complaint(String.valueOf(refused.getMessage()), refused);
    }
  }

  private static FunctionSpec<?, ?> sandboxed(Application application, String name, Instant from) {
    return application.functions().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .map(each -> Sandbox.sandboxed(each, from))
        .orElseThrow(
            () ->
                new Complaint(
                    "function "
                        + name
                        + ": the file has "
                        + application.functions().stream().map(FunctionSpec::name).toList()));
  }

  private static void requireComparable(FunctionSpec<?, ?> version, FunctionSpec<?, ?> other) {
    var read = version.inputs().stream().map(input -> input.source()).toList();
    var readByOther = other.inputs().stream().map(input -> input.source()).toList();
    if (read.size() != 1 || !read.equals(readByOther)) {
      throw new Complaint(
          "replay: both must read the same one stream; "
              + version.name()
              + " reads "
              + read
              + ", "
              + other.name()
              + " "
              + readByOther);
    }
    if (version.name().equals(other.name())) {
      throw new Complaint("--against " + other.name() + ": is the version itself");
    }
  }

  private static void requirePast(Instant last) {
    try (var loop = ThreadedLoop.start("headrace-clock", thrown -> {})) {
      if (last.isAfter(loop.now())) {
        throw new Complaint("--to " + last + ": lies in the future");
      }
    }
  }

  private int tell(ReplayReport report) {
    var out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      var line = new LinkedHashMap<String, Object>();
      line.put("function", function);
      line.put("against", against);
      line.putAll(report.json());
      out.println(JsonLine.of(line));
    } else {
      report.lines(LINES_MAX).forEach(out::println);
    }
    return report.isSame() ? 0 : Headrace.MISSED;
  }

  private static Instant instant(String option, String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException wrong) {
      throw new Complaint(
          option + " " + text + ": must be an instant such as 2026-01-31T12:00:00Z", wrong);
    }
  }
}
