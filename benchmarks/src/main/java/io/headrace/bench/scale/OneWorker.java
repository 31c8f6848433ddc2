package io.headrace.bench.scale;

import io.headrace.bench.consumer.Consumers;
import io.headrace.bench.consumer.Contestant;
import io.headrace.bench.rig.ConsumerSettings.Measuring;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Payload;
import io.headrace.bench.rig.PutLoad;
import io.headrace.bench.rig.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;

/** One worker, as a process, with a stream of its own. Confined to the thread of the benchmark. */
final class OneWorker {
  private static final int SERVER_HEAP_MEBIBYTES = 2048;
  private static final Duration FILL_MAX = Duration.ofMinutes(2);
  private static final Duration READ_MAX = Duration.ofMinutes(4);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(90);

  private final Consumers consumers;
  private final Path logs;

  OneWorker(Consumers consumers, Path logs) {
    this.consumers = consumers;
    this.logs = logs;
  }

  /** What is looked at while it runs. */
  interface Look {
    Figures at(Dialogue worker);
  }

  /**
   * Who works, and on what.
   *
   * @param warmRecords how many records come before those that count
   * @param records how many count
   */
  record Task(Contestant contestant, int shards, long warmRecords, long records) {}

  /** Puts a backlog, starts a worker and looks at it. */
  Figures measured(Task task, Look look) {
    long all = task.warmRecords() + task.records();
    try (ServerProcess kinesis =
            OwnServer.start("off", SERVER_HEAP_MEBIBYTES, logs.resolve("kinesis.log"));
        LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.create(Consumers.STREAM, task.shards());
      long check = PutLoad.backlog(client, Consumers.STREAM, Payload.BYTES, all, FILL_MAX);
      try (Dialogue worker =
          consumers.start(
              task.contestant(),
              kinesis.endpoint(),
              new Consumers.Task(
                  Consumers.STREAM,
                  Measuring.BACKLOG,
                  task.warmRecords(),
                  task.records(),
                  check))) {
        return look.at(worker);
      }
    }
  }

  /** Waits until the backlog is read. */
  static Figures read(Dialogue worker) {
    return Figures.parse(worker.ask("backlog " + READ_MAX.toMillis(), READ_MAX.plus(ANSWER_MAX)));
  }

  /** What it takes in so many milliseconds in which nothing comes. */
  static Figures rest(Dialogue worker, int millis) {
    return Figures.parse(worker.ask("rest " + millis, ANSWER_MAX));
  }
}
