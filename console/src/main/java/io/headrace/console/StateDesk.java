package io.headrace.console;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.function.Operations;
import io.headrace.function.StateImport;
import io.headrace.function.StateOperations;
import io.headrace.function.StateReader;
import io.headrace.function.StateSnapshots;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.Stages;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.LeaseTable;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.IntSupplier;

/**
 * What an application keeps, laid open to an operator's command: through the stores of its settings
 * file, whether workers run or not. For the thread of the command.
 */
final class StateDesk implements AutoCloseable {
  private final Settings settings;
  private final Application application;
  private final AwsServices aws;
  private final ThreadedLoop loop;
  private final LeaseTable leases;
  private final CheckpointStore checkpoints;
  private final String by;

  private StateDesk(Settings settings, Application application, AwsServices aws, String by) {
    this.settings = settings;
    this.application = application;
    this.aws = aws;
    this.by = by;
    this.loop = ThreadedLoop.start("headrace-operator", thrown -> {});
    this.leases = aws.leases(settings.leases().table());
    this.checkpoints = aws.checkpoints(settings.leases().table(), settings.application());
  }

  /**
   * @param by who gives orders
   */
  static StateDesk open(Path file, String by) {
    var settings = Settings.read(file);
    var application = Application.load(settings);
    return new StateDesk(settings, application, AwsServices.at(RunCommand.endpoints(settings)), by);
  }

  /** Does something at a desk; what makes no sense is said in one sentence. */
  static int refusing(IntSupplier work) {
    try {
      return work.getAsInt();
    } catch (IllegalArgumentException refused) {
      throw complaint(refused);
    } catch (CompletionException failed) {
      if (Stages.causeOf(failed) instanceof IllegalArgumentException refused) {
        throw complaint(refused);
      }
      throw failed;
    }
  }

  private static Complaint complaint(IllegalArgumentException refused) {
    return new Complaint(String.valueOf(refused.getMessage()), refused);
  }

  static <T> T answer(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  Settings settings() {
    return settings;
  }

  ThreadedLoop loop() {
    return loop;
  }

  StateReader reader() {
    return new StateReader(
        settings.application(),
        application.functions(),
        leases,
        checkpoints.operator(),
        aws.chunks(settings.leases().table(), settings.application()),
        loop);
  }

  StateSnapshots snapshots() {
    return new StateSnapshots(reader(), checkpoints, Entropy.generator());
  }

  Operations operations() {
    return new Operations(
        settings.application(),
        application.functions(),
        leases,
        checkpoints.operator(),
        loop,
        Entropy.generator(),
        by);
  }

  StateOperations state() {
    return new StateOperations(operations(), snapshots());
  }

  StateImport importing(String function, boolean replaces) {
    return new StateImport(reader(), state(), function, replaces, Entropy.generator());
  }

  FleetPicture picture() {
    return answer(
        FleetPicture.of(settings.application(), leases, checkpoints.operator(), loop.now()));
  }

  @Override
  public void close() {
    loop.close();
    aws.close();
    application.close();
  }
}
