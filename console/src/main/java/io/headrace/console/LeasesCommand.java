package io.headrace.console;

import io.headrace.checkpoint.ProgressRow;
import io.headrace.console.LagLook.Lag;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.ThreadedLoop;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Who runs which shard and why, how far functions are, and what operators ordered. Only reads. */
@Command(
    name = "leases",
    mixinStandardHelpOptions = true,
    description = {
      "Shows who owns which shard and why, positions and lags, and what is paused.",
      "Only reads, stops nothing, and needs no worker to run."
    })
final class LeasesCommand implements Callable<Integer> {
  @Parameters(paramLabel = "app.yaml", description = "The settings file of the application.")
  private @Nullable Path file;

  @Option(
      names = "--no-lag",
      description = "Ask no stream; otherwise each position costs one read of its shard.")
  private boolean withoutLag;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    var settings = Settings.read(Objects.requireNonNull(file));
    var command = Objects.requireNonNull(spec).commandLine();
    var table = settings.leases().table();
    try (var aws = AwsServices.at(RunCommand.endpoints(settings));
        var loop = ThreadedLoop.start("headrace-operator", thrown -> {})) {
      var store = aws.checkpoints(table, settings.application()).operator();
      var chunks = aws.chunks(table, settings.application());
      var picture =
          FleetPicture.of(settings.application(), aws.leases(table), store, loop.now())
              .thenCompose(found -> found.withParked(store, chunks))
              .toCompletableFuture()
              .join();
      if (picture.isEmpty()) {
        throw new Complaint(
            "application "
                + settings.application()
                + ": DynamoDB table "
                + table
                + " knows nothing of it; is the name right, and has a worker of it ever started?");
      }
      var lags = withoutLag ? Map.<ProgressRow, Lag>of() : lags(picture, aws, loop);
      var report = new FleetReport(settings.application(), table, picture, lags);
      if (json) {
        command.getOut().println(JsonLine.of(report.json()));
      } else {
        report.lines().forEach(command.getOut()::println);
      }
      picture.faults().forEach(fault -> command.getErr().println("headrace: " + fault));
      return picture.faults().isEmpty() ? 0 : Headrace.USER_CAN_MEND;
    }
  }

  private static Map<ProgressRow, Lag> lags(FleetPicture picture, AwsServices aws, EventLoop loop) {
    var lags = new LinkedHashMap<ProgressRow, Lag>();
    try (var look = new LagLook(aws.connector(Retrieval.polling()), loop, Entropy.generator())) {
      for (var row : picture.progress()) {
        boolean ended = row.item().flatMap(item -> item.children()).isPresent();
        if (!ended) {
          lags.put(row, look.of(row));
        }
      }
    }
    return lags;
  }
}
