package io.headrace.bench.cost;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.consumer.HeadraceConsumer;
import io.headrace.bench.consumer.PreparedKinesis;
import io.headrace.bench.rig.ConsumedUnits;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.RequestCount;
import io.headrace.bench.rig.ServerProcess;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.function.FunctionRuntime;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * Runs one worker with one function on one shard, puts a block of records before each commit, and
 * adds up what the table says that commits consumed: progress, state and what is parked, deletions
 * too, but not leases, which have a client of their own. Confined to the thread of the benchmark.
 */
final class CommitUnits {
  static final String UNITS = "write_units_a_commit";

  private static final String TABLE = "headrace";
  private static final int KINESIS_MEBIBYTES = 256;
  private static final Duration COMMIT_EVERY = Duration.ofMillis(100);

  /** Longer than what is between commits, so that none has records of two blocks. */
  private static final Duration BLOCK_EVERY = Duration.ofMillis(160);

  private static final Duration HANDLED_MAX = Duration.ofSeconds(30);

  /** What was parked meanwhile is stored, and what is over is deleted. */
  private static final Duration CALM = Duration.ofSeconds(2);

  private static final int HEALTHY_KEYS = 20;
  private static final int RECORDS_A_CALL = 500;

  private final CostPlan plan;
  private final Path logs;

  CommitUnits(CostPlan plan, Path logs) {
    this.plan = plan;
    this.logs = logs;
  }

  /** Counts commits. As its store. */
  private static final class Commits extends ForwardingCheckpointStore {
    private final LongAdder sent = new LongAdder();

    Commits(CheckpointStore store) {
      super(store);
    }

    @Override
    public CompletionStage<WriteAnswer> commit(Commit commit) {
      sent.increment();
      return super.commit(commit);
    }
  }

  Figures of(CommitCase each) {
    int port = ServerProcess.freePort();
    ConsumedUnits units = new ConsumedUnits();
    RequestCount requests = new RequestCount();
    try (ServerProcess kinesis =
            OwnServer.start("off", KINESIS_MEBIBYTES, logs.resolve("kinesis.log"));
        ServerProcess server =
            ServerProcess.start(DynamoDbServer.launch(port), port, logs.resolve("dynamodb.log"));
        LoadClient client = LoadClient.http1(kinesis.endpoint());
        KinesisAsyncClient reads = PreparedKinesis.at(kinesis.endpoint());
        DynamoDbAsyncClient leases =
            local(DynamoDbAsyncClient.builder(), server.endpoint()).build();
        DynamoDbAsyncClient table =
            local(DynamoDbAsyncClient.builder(), server.endpoint())
                .overrideConfiguration(
                    o -> o.addExecutionInterceptor(units).addExecutionInterceptor(requests))
                .build()) {
      client.create(CountedFunction.STREAM, 1);
      CountedFunction function = new CountedFunction(each);
      Commits commits =
          new Commits(new DynamoCheckpointStore(table, TABLE, CountedFunction.APPLICATION));
      try (FunctionRuntime.Running running =
          FunctionRuntime.named(CountedFunction.APPLICATION)
              .leasesIn(new DynamoLeaseTable(leases, TABLE))
              .checkpointsIn(commits)
              .stateIn(new DynamoChunkStore(table, TABLE, CountedFunction.APPLICATION))
              .connecting(new KinesisConnector(reads))
              .committingEvery(COMMIT_EVERY)
              .run(function.spec())
              .start()) {
        HeadraceConsumer.awaitReady(running);
        Blocks blocks = new Blocks(client, each, function);
        blocks.begin();
        blocks.put(plan.blocksBefore());
        Pause.millis(CALM.toMillis());
        double unitsBefore = units.writes();
        double readsBefore = units.reads();
        double deletedBefore = units.of("DeleteItem");
        long requestsBefore = requests.total();
        long before = commits.sent.sum();
        blocks.put(plan.blocks());
        Pause.millis(CALM.toMillis());
        long counted = commits.sent.sum() - before;
        if (counted < plan.blocks() / 2) {
          throw new NotMeasured(
              "there were %d commits for %d blocks".formatted(counted, plan.blocks()));
        }
        return new Figures()
            .put(UNITS, (units.writes() - unitsBefore) / counted)
            .put("of_them_deletions", (units.of("DeleteItem") - deletedBefore) / counted)
            .put("read_units_a_commit", (units.reads() - readsBefore) / counted)
            .put("requests_a_commit", (double) (requests.total() - requestsBefore) / counted)
            .put("commits_a_block", (double) counted / plan.blocks());
      }
    }
  }

  /** The records that are put: a block at a time, each known to be handled before the next. */
  private static final class Blocks {
    private final LoadClient client;
    private final CommitCase each;
    private final CountedFunction function;
    private final SplittableRandom random = new SplittableRandom(1);
    private long healthy;

    Blocks(LoadClient client, CommitCase each, CountedFunction function) {
      this.client = client;
      this.each = each;
      this.function = function;
    }

    /** A record of each key that fails, and between any two of them one that does not. */
    void begin() {
      List<String> keys = new ArrayList<>();
      if (each.kind().fails()) {
        for (int key = 0; key < each.keys(); key++) {
          keys.add(CountedFunction.failing(key));
          keys.add(healthyKey(key));
        }
      } else if (each.kind() == CommitCase.Kind.KEYED) {
        IntStream.range(0, CountedFunction.STATES).forEach(key -> keys.add("k" + key));
      }
      send(keys);
      await("the first record of each key was handled", function::failedKeys, failingKeys());
    }

    private int failingKeys() {
      return each.kind().fails() ? each.keys() : 0;
    }

    void put(int blocks) {
      long due = System.nanoTime();
      for (int block = 0; block < blocks; block++) {
        due = Math.max(due + BLOCK_EVERY.toNanos(), System.nanoTime());
        send(block());
        Pause.until(due);
      }
    }

    private List<String> block() {
      List<String> keys = new ArrayList<>();
      if (each.kind() == CommitCase.Kind.KEYED) {
        random
            .ints(0, CountedFunction.STATES)
            .distinct()
            .limit(each.keys())
            .forEach(key -> keys.add("k" + key));
        return keys;
      }
      IntStream.range(0, HEALTHY_KEYS).forEach(key -> keys.add(healthyKey(key)));
      if (each.kind() == CommitCase.Kind.PARKED_WITH_RECORDS) {
        IntStream.range(0, each.keys()).forEach(key -> keys.add(CountedFunction.failing(key)));
      }
      return keys;
    }

    private static String healthyKey(int key) {
      return "k" + key % HEALTHY_KEYS;
    }

    private void send(List<String> keys) {
      for (int from = 0; from < keys.size(); from += RECORDS_A_CALL) {
        List<String> some = keys.subList(from, Math.min(keys.size(), from + RECORDS_A_CALL));
        List<PutRecordsRequestEntry> entries =
            some.stream()
                .map(
                    key ->
                        PutRecordsRequestEntry.builder()
                            .partitionKey(key)
                            .data(SdkBytes.fromUtf8String("a record of " + key))
                            .build())
                .toList();
        int refused =
            client
                .sdk()
                .putRecords(r -> r.streamName(CountedFunction.STREAM).records(entries))
                .join()
                .failedRecordCount();
        if (refused > 0) {
          throw new NotMeasured(refused + " records were refused");
        }
        healthy += some.stream().filter(key -> !CountedFunction.isFailing(key)).count();
      }
      await("all records were handled", function::handled, healthy);
    }

    private static void await(String what, LongSupplier count, long wanted) {
      long end = System.nanoTime() + HANDLED_MAX.toNanos();
      while (count.getAsLong() < wanted) {
        if (System.nanoTime() > end) {
          throw new NotMeasured(
              "not within %d s: %s (%d of %d)"
                  .formatted(HANDLED_MAX.toSeconds(), what, count.getAsLong(), wanted));
        }
        Pause.millis(2);
      }
    }
  }
}
