package io.headrace.console;

import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.kcl.loop.ShutdownSignal;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The main job, embedded: three samples in a fleet, with an account of every record at the end. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Runs three samples in a fleet on an embedded Kinesis and DynamoDB Local, and accounts for"
            + " every record.")
final class DemoCommand implements Callable<Integer> {
  private static final int WORKERS_MAX = 16;
  private static final int PORT_MAX = 65_535;

  /** Ctrl-C drains, commits and hands over within 5 s; the rest is for printing. */
  private static final Duration WIND_UP_MAX = Duration.ofSeconds(6);

  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "30s",
      converter = Time.class,
      description = "How long the producers play, such as 30s or 2m (default: ${DEFAULT-VALUE}).")
  private Duration playing = Duration.ofSeconds(30);

  @Option(
      names = "--workers",
      defaultValue = "2",
      paramLabel = "N",
      description = "Workers in the fleet (default: ${DEFAULT-VALUE}).")
  private int workers;

  @Option(
      names = "--kill-one",
      description = "Stops one worker half-way without any farewell, as a crash would.")
  private boolean killOne;

  @Option(
      names = "--retrieval",
      defaultValue = "fan-out",
      paramLabel = "fan-out|polling",
      converter = How.class,
      description = "How records are fetched (default: ${DEFAULT-VALUE}).")
  private Retrieval retrieval = Retrieval.fanOut();

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description = "Shows metrics for Prometheus at this port of 127.0.0.1; 0 for a free one.")
  private @Nullable Integer metricsPort;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (workers < 1 || workers > WORKERS_MAX) {
      throw new Complaint("--workers " + workers + ": must be between 1 and " + WORKERS_MAX);
    }
    if (killOne && workers < 2) {
      throw new Complaint("--kill-one: needs at least 2 workers, so that one is left");
    }
    if (metricsPort != null && (metricsPort < 0 || metricsPort > PORT_MAX)) {
      throw new Complaint("--metrics-port " + metricsPort + ": must be between 0 and " + PORT_MAX);
    }
    var command = Objects.requireNonNull(spec).commandLine();
    boolean live = !json && isTerminal();
    var view = new LiveView(json ? command.getErr() : command.getOut(), live);
    (json ? command.getErr() : command.getOut()).println(retrieval.announcement());
    var log = System.err;
    if (live) {
      System.setErr(view.above(log));
    }
    // Before there is a worker, a signal may end the process at once; when all is handed over and
    // told, nobody need wait for sockets to close.
    var options =
        new Demo.Options(playing, workers, killOne, retrieval, Optional.ofNullable(metricsPort));
    try (var demo = new Demo(options, view);
        var signal = ShutdownSignal.listening(WIND_UP_MAX)) {
      demo.announcement().ifPresent((json ? command.getErr() : command.getOut())::println);
      demo.run(signal);
      var report = demo.report();
      if (json) {
        command.getOut().println(JsonLine.of(report.json()));
      } else {
        report.lines().forEach(command.getOut()::println);
      }
      command.getOut().flush();
      return report.complete() ? 0 : Headrace.MISSED;
    } finally {
      System.setErr(log);
    }
  }

  /** The script says so: it alone can tell on every JDK whether somebody is looking. */
  private static boolean isTerminal() {
    return "true".equals(System.getenv("HEADRACE_TERMINAL"));
  }

  /** The two words. */
  static final class How implements ITypeConverter<Retrieval> {
    @Override
    public Retrieval convert(String text) {
      try {
        return Retrieval.parse(text);
      } catch (IllegalArgumentException neither) {
        throw new TypeConversionException(neither.getMessage());
      }
    }
  }

  /** {@code 30s} and the like. */
  static final class Time implements ITypeConverter<Duration> {
    private static final Pattern TIME = Pattern.compile("(\\d{1,6})(s|m|h)");

    @Override
    public Duration convert(String text) {
      var matcher = TIME.matcher(text);
      if (matcher.matches()) {
        long n = Long.parseLong(matcher.group(1));
        var time =
            switch (matcher.group(2)) {
              case "s" -> Duration.ofSeconds(n);
              case "m" -> Duration.ofMinutes(n);
              default -> Duration.ofHours(n);
            };
        if (time.compareTo(Duration.ofSeconds(1)) >= 0
            && time.compareTo(Duration.ofHours(24)) <= 0) {
          return time;
        }
      }
      throw new TypeConversionException(
          "\"" + text + "\": must be between 1s and 24h, written as 30s, 2m or 1h");
    }
  }
}
