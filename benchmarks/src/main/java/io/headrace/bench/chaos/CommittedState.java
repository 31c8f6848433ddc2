package io.headrace.bench.chaos;

import static io.headrace.bench.rig.LocalBuilder.local;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.bench.rig.NotMeasured;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.function.FunctionSpec;
import io.headrace.function.StateReader;
import io.headrace.function.StoredEntry;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.math.BigInteger;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** What the workers of an application have committed, read from outside. On the run's thread. */
final class CommittedState implements AutoCloseable {
  private static final int TRIES_MAX = 5;

  private final String application;
  private final DynamoDbAsyncClient dynamoDb;
  private final OperatorStore progress;
  private final ThreadedLoop loop =
      ThreadedLoop.start(
          "bench-reader",
          fault -> {
            throw new IllegalStateException(fault);
          });

  CommittedState(String application, URI endpoint) {
    this.application = application;
    this.dynamoDb = local(DynamoDbAsyncClient.builder(), endpoint).build();
    this.progress =
        new DynamoCheckpointStore(dynamoDb, WorkerProcess.TABLE, application).operator();
  }

  /**
   * Of these shards, how many somebody has not finished up to that sequence number; all of them
   * while the table does not answer.
   */
  int unfinished(Map<ExactLoad.Place, BigInteger> last) {
    List<ProgressRow> rows = new ArrayList<>();
    try {
      for (int bucket = 0; bucket < ShardKey.BUCKETS; bucket++) {
        rows.addAll(progress.progress(bucket).toCompletableFuture().join().rows());
      }
    } catch (CompletionException unanswered) {
      return last.size();
    }
    int unfinished = 0;
    for (Map.Entry<ExactLoad.Place, BigInteger> shard : last.entrySet()) {
      List<ProgressRow> of =
          rows.stream()
              .filter(row -> row.key().shard().stream().name().equals(shard.getKey().stream()))
              .filter(row -> row.key().shard().shard().value().equals(shard.getKey().shard()))
              .toList();
      boolean finished =
          !of.isEmpty() && of.stream().allMatch(row -> through(row, shard.getValue()));
      unfinished += finished ? 0 : 1;
    }
    return unfinished;
  }

  private static boolean through(ProgressRow row, BigInteger sequence) {
    return row.item()
        .map(ProgressItem::progress)
        .flatMap(progress -> progress.through())
        .map(position -> new BigInteger(position.sequence().value()))
        .filter(through -> through.compareTo(sequence) >= 0)
        .isPresent();
  }

  /** Writes down all that functions keep, with what {@link StateReader} says. */
  void write(List<FunctionSpec<?, ?>> functions, Diary diary) {
    StateReader reader =
        new StateReader(
            application,
            functions,
            new DynamoLeaseTable(dynamoDb, WorkerProcess.TABLE),
            progress,
            new DynamoChunkStore(dynamoDb, WorkerProcess.TABLE, application),
            loop);
    for (FunctionSpec<?, ?> function : functions) {
      Copy copy = read(reader, function.name());
      copy.entries.forEach((shard, entries) -> entries.forEach(e -> write(function, e, diary)));
    }
  }

  /** Reads again where the table gives no answer in time, as on a machine that is busy. */
  private static Copy read(StateReader reader, String function) {
    for (int tries = 1; ; tries++) {
      Copy copy = new Copy();
      try {
        reader.all(function, copy).toCompletableFuture().join();
        return copy;
      } catch (CompletionException e) {
        if (tries == TRIES_MAX) {
          throw new NotMeasured(
              "the state of " + function + " can't be read: " + NotMeasured.because(e), e);
        }
      }
    }
  }

  private static void write(FunctionSpec<?, ?> function, StoredEntry entry, Diary diary) {
    diary.write(
        "state",
        "function",
        function.name(),
        "key",
        entry.key(),
        "kind",
        entry.kind().toString(),
        "suffix",
        Base64.getEncoder().encodeToString(entry.suffix()),
        "version",
        entry.codecVersion(),
        "text",
        new String(entry.bytes(), UTF_8));
  }

  /** A shard that begins again is forgotten. */
  private static final class Copy implements StateReader.Visitor {
    private final Map<ShardKey, List<StoredEntry>> entries = new HashMap<>();
    private List<StoredEntry> latest = new ArrayList<>();

    @Override
    public void begins(StateReader.AsOf begun) {
      latest = new ArrayList<>();
      entries.put(begun.shard(), latest);
    }

    @Override
    public void entry(StoredEntry entry) {
      latest.add(entry);
    }
  }

  @Override
  public void close() {
    loop.close();
    dynamoDb.close();
  }
}
