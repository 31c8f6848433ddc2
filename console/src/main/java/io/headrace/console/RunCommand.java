package io.headrace.console;

import io.headrace.function.FunctionRuntime;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.loop.LastResort;
import io.headrace.kcl.loop.ShutdownSignal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A worker: runs the functions of an app.yaml until it is stopped. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Runs a worker with the functions of an app.yaml, until Ctrl-C or SIGTERM.")
final class RunCommand implements Callable<Integer> {
  private static final Duration START_WATCH = Duration.ofMillis(20);
  private static final Duration WATCH = Duration.ofSeconds(1);

  /** What closing takes beyond the runtime's own limit. */
  private static final Duration CLOSING = Duration.ofSeconds(1);

  /** What an orderly end after a fault may take beyond the runtime's own limit. */
  private static final Duration LAST_RESORT = Duration.ofSeconds(8);

  @Parameters(paramLabel = "app.yaml", description = "The settings file.")
  private @Nullable Path file;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    var command = Objects.requireNonNull(spec).commandLine();
    var out = command.getOut();
    var settings = Settings.read(Objects.requireNonNull(file));
    // Before there is a worker, a signal may end the process at once; once the worker has handed
    // over, nobody need wait for sockets to close.
    try (var lastResort = LastResort.unarmed();
        var application = Application.load(settings);
        var aws = AwsServices.at(endpoints(settings));
        var signal = ShutdownSignal.listening(settings.stopWithin().plus(CLOSING));
        var page = MetricsPage.open(settings.metrics());
        var running =
            page.measuring(runtime(settings, application, aws)).observedBy(narrator()).start()) {
      page.tells(running::health);
      awaitReady(running, signal);
      int functions = application.functions().size();
      out.println(settings.retrieval().announcement());
      page.announcement().ifPresent(out::println);
      out.println(
          "running "
              + settings.application()
              + ": "
              + functions
              + (functions == 1 ? " function" : " functions"));
      out.flush();
      while (!signal.await(WATCH)) {
        if (!running.health().alive()) {
          // Whatever supervises the process starts it anew; the shards go on elsewhere meanwhile.
          lastResort.haltWithin(settings.stopWithin().plus(LAST_RESORT), Headrace.FAULT);
          command.getErr().println("headrace: " + reasons(running));
          return Headrace.FAULT;
        }
      }
      out.println("stopping " + settings.application());
      out.flush();
    }
    return 0;
  }

  static AwsServices.Endpoints endpoints(Settings settings) {
    return new AwsServices.Endpoints(
        settings.aws().region(),
        settings.aws().kinesisEndpoint(),
        settings.aws().dynamoDbEndpoint(),
        settings.aws().sqsEndpoint(),
        settings.aws().s3Endpoint());
  }

  private static void awaitReady(FunctionRuntime.Running running, ShutdownSignal signal)
      throws InterruptedException {
    while (!running.health().ready() && !signal.await(START_WATCH)) {
      refuseDead(running);
    }
  }

  private static void refuseDead(FunctionRuntime.Running running) {
    if (!running.health().alive()) {
      throw new Complaint(reasons(running));
    }
  }

  private static String reasons(FunctionRuntime.Running running) {
    return String.join("; ", running.health().reasons());
  }

  private Narrator narrator() {
    return new Narrator(Objects.requireNonNull(spec).commandLine().getErr());
  }

  /** The worker that a file describes. */
  static FunctionRuntime runtime(Settings settings, Application application, AwsServices aws) {
    var table = settings.leases().table();
    var runtime =
        FunctionRuntime.named(settings.application())
            .leaseTime(settings.leases().leaseTime())
            .capacity(settings.leases().capacity())
            .restartingWhenStuckFor(
                settings.watchdog().patience(), settings.watchdog().restartsMax())
            .stoppingAtStuckThreads(settings.stuckThreads())
            .memoryBytes(settings.memoryBytes())
            .leasesIn(aws.leases(table, settings.leases().createTable()))
            .checkpointsIn(aws.checkpoints(table, settings.application()))
            .stateIn(aws.chunks(table, settings.application()))
            .connecting(aws.connector(settings.retrieval()))
            .connecting(aws.letters())
            .deadLettersIn(settings.deadLetters())
            .redacting(settings.redaction())
            .stoppingWithin(settings.stopWithin());
    if (settings.createStreams()) {
      runtime.creatingStreams();
    }
    settings.worker().ifPresent(runtime::workerId);
    application.observer().ifPresent(runtime::callsObservedBy);
    settings.deployment().ifPresent(runtime::deployment);
    application.functions().forEach(runtime::run);
    return runtime;
  }
}
