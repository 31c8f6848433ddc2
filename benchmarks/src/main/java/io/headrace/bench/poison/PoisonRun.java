package io.headrace.bench.poison;

import static io.headrace.bench.poison.PoisonPlan.POISON;
import static io.headrace.bench.poison.PoisonPlan.STREAM;
import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.consumer.PreparedKinesis;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.ServerProcess;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.FunctionEvent;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.RuntimeListener;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * Runs the two rounds: each with a stream, a table and a worker of its own. The worker runs in this
 * process, the servers in theirs. Runs on the main thread.
 */
final class PoisonRun {
  private static final String APPLICATION = "poison";
  private static final String TABLE = "headrace";
  private static final int KINESIS_HEAP_MEBIBYTES = 4_096;
  private static final Duration WARM = Duration.ofSeconds(5);

  /** In its first seconds a JVM interprets: they would be the first round's alone. */
  private static final Duration COLD = Duration.ofSeconds(20);

  private static final Duration START_MAX = Duration.ofSeconds(60);

  /** What a mended key may take: its records are handled one after the other, from the store. */
  private static final Duration RECOVERY_MAX = Duration.ofMinutes(10);

  private final PoisonPlan plan;
  private final Path logs;
  private final Consumer<String> progress;

  /**
   * One round.
   *
   * @param othersPerSecond records of all keys but the one that fails, handled while measured
   * @param othersMissing put and never handled
   * @param poisonPut records of the key that fails, put in all
   * @param poisonParked of these, the most that lay in the store at once
   * @param poisonHandled of these, handled after the key was mended
   * @param failures calls that failed
   * @param outOfOrder records that came behind one of their key that was put later
   * @param commitBytesAtFirst the largest progress item of the first fifth of the time
   * @param commitBytesAtLast the largest of the last fifth
   * @param partBytesAtFirst of the largest commit, what functions keep: the name of what is parked
   * @param recoverySeconds from the mending until the last record of the key was handled
   */
  record Round(
      boolean poison,
      double othersPerSecond,
      long othersMissing,
      long poisonPut,
      long poisonParked,
      long poisonHandled,
      long failures,
      long outOfOrder,
      long commitBytesAtFirst,
      long commitBytesAtLast,
      long partBytesAtFirst,
      long partBytesAtLast,
      double recoverySeconds) {}

  PoisonRun(PoisonPlan plan, Checkout checkout, Consumer<String> progress) {
    this.plan = plan;
    this.logs = checkout.logs("poison");
    this.progress = progress;
  }

  List<Round> run() {
    progress.accept("round that is not measured, until the JVM is warm");
    round(true, COLD);
    progress.accept("round without a key that fails");
    Round without = round(false, plan.time());
    progress.accept("round with a key that fails");
    return List.of(without, round(true, plan.time()));
  }

  private Round round(boolean poison, Duration time) {
    int port = ServerProcess.freePort();
    MeasuredItems items = new MeasuredItems();
    try (ServerProcess kinesis =
            OwnServer.start("off", KINESIS_HEAP_MEBIBYTES, logs.resolve("kinesis.log"));
        ServerProcess dynamoDb =
            ServerProcess.start(DynamoDbServer.launch(port), port, logs.resolve("dynamodb.log"));
        LoadClient client = LoadClient.http1(kinesis.endpoint());
        KinesisAsyncClient reads = PreparedKinesis.at(kinesis.endpoint());
        DynamoDbAsyncClient table =
            local(DynamoDbAsyncClient.builder(), dynamoDb.endpoint())
                .overrideConfiguration(override -> override.addExecutionInterceptor(items))
                .build()) {
      client.create(STREAM);
      Watched watched = new Watched();
      watched.failing.set(poison);
      AtomicLong parked = new AtomicLong();
      try (FunctionRuntime.Running running =
          FunctionRuntime.named(APPLICATION)
              .leasesIn(new DynamoLeaseTable(table, TABLE))
              .checkpointsIn(new DynamoCheckpointStore(table, TABLE, APPLICATION))
              .stateIn(new DynamoChunkStore(table, TABLE, APPLICATION))
              .connecting(new KinesisConnector(reads))
              .committingEvery(Duration.ofSeconds(1))
              .observedBy(new MostParked(parked))
              .run(spec(watched))
              .start()) {
        await("the worker is ready", START_MAX, () -> running.health().ready());
        return measured(poison, time, client, watched, items, parked);
      }
    }
  }

  /** Keeps the most that was parked in one shard, which is where the key is. */
  private record MostParked(AtomicLong parked) implements RuntimeListener {
    @Override
    public void on(Object event) {
      if (event instanceof FunctionEvent.RecordsParked more) {
        parked.accumulateAndGet(more.load().records(), Math::max);
      } else if (event instanceof FunctionEvent.KeyParked first) {
        parked.accumulateAndGet(first.load().records(), Math::max);
      }
    }
  }

  private Round measured(
      boolean poison,
      Duration time,
      LoadClient client,
      Watched watched,
      MeasuredItems items,
      AtomicLong parked) {
    long begin;
    long end;
    long before;
    long after;
    PoisonLoad load = new PoisonLoad(client, watched);
    try (load) {
      load.start();
      await("records are handled", START_MAX, () -> watched.others.sum() > 0);
      Pause.millis(WARM.toMillis());
      begin = System.nanoTime();
      before = watched.others.sum();
      Pause.millis(time.toMillis() / 2);
      progress.accept("split of " + split(client));
      Pause.until(begin + time.toNanos());
      end = System.nanoTime();
      after = watched.others.sum();
    }
    await("all others are handled", RECOVERY_MAX, () -> watched.others.sum() >= load.others());
    long mended = System.nanoTime();
    watched.failing.set(false);
    await(
        "the mended key has caught up", RECOVERY_MAX, () -> watched.poison.sum() >= load.poison());
    double recovery = (System.nanoTime() - mended) / 1e9;
    long fifth = (end - begin) / 5;
    return new Round(
        poison,
        (after - before) / ((end - begin) / 1e9),
        load.others() - watched.others.sum(),
        load.poison(),
        parked.get(),
        watched.poison.sum(),
        watched.failures.sum(),
        watched.outOfOrder.sum() + watched.repeated.sum(),
        largest(items, begin, begin + fifth, false),
        largest(items, end - fifth, end, false),
        largest(items, begin, begin + fifth, true),
        largest(items, end - fifth, end, true),
        recovery);
  }

  private static long largest(MeasuredItems items, long from, long to, boolean parts) {
    return items.sizes().stream()
        .filter(size -> size.tick() - from >= 0 && size.tick() - to < 0)
        .mapToLong(size -> parts ? size.parts() : size.bytes())
        .max()
        .orElse(0);
  }

  private static FunctionSpec<byte[], byte[]> spec(Watched watched) {
    return FunctionSpec.named("watched")
        .reading(Input.of(StreamSource.kinesis(STREAM), Codec.bytes()))
        .handledBy(() -> (event, out) -> watched.handle(event), Destination.<byte[]>nowhere());
  }

  /** Splits the shard of the failing key in its middle. */
  private static String split(LoadClient client) {
    BigInteger hash = HashRange.hashOf(POISON);
    for (Shard shard : client.sdk().listShards(r -> r.streamName(STREAM)).join().shards()) {
      BigInteger first = new BigInteger(shard.hashKeyRange().startingHashKey());
      BigInteger last = new BigInteger(shard.hashKeyRange().endingHashKey());
      if (new HashRange(first, last).holds(hash)) {
        BigInteger middle = first.add(last).shiftRight(1);
        client
            .sdk()
            .splitShard(
                r ->
                    r.streamName(STREAM)
                        .shardToSplit(shard.shardId())
                        .newStartingHashKey(middle.toString()))
            .join();
        return shard.shardId();
      }
    }
    throw new NotMeasured("no shard holds the failing key");
  }

  private static void await(String what, Duration limit, BooleanSupplier done) {
    long begun = System.nanoTime();
    while (!done.getAsBoolean()) {
      if (System.nanoTime() - begun > limit.toNanos()) {
        throw new NotMeasured("after " + limit.toSeconds() + " s it is not so that " + what);
      }
      Pause.millis(5);
    }
  }
}
