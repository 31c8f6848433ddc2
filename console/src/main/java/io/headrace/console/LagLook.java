package io.headrace.console;

import io.headrace.checkpoint.Moved;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.Fetched;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/**
 * How far functions are behind their streams, asked of the streams: one read at each position. The
 * age of the first record that is not committed, and zero where there is none. Blocks; used by the
 * thread of the command.
 */
final class LagLook implements AutoCloseable {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

  private final StreamConnector connector;
  private final EventLoop loop;
  private final RandomGenerator random;
  private final Map<String, Opened> streams = new HashMap<>();

  private record Opened(ShardedStream stream, Map<ShardId, Shard> shards) {}

  /** Seconds behind, or why nobody knows. */
  record Lag(Optional<Duration> age, String unknown) {
    private static Lag unknown(String why) {
      return new Lag(Optional.empty(), why);
    }

    @Override
    public String toString() {
      return age.map(a -> "lag " + FleetReport.seconds(a)).orElse("lag unknown: " + unknown);
    }
  }

  LagLook(StreamConnector connector, EventLoop loop, RandomGenerator random) {
    this.connector = connector;
    this.loop = loop;
    this.random = random;
  }

  Lag of(ProgressRow row) {
    var from =
        row.item()
            .flatMap(item -> item.progress().through())
            .map(StartingPosition::after)
            .or(() -> row.moved().map(Moved::to));
    if (from.isEmpty()) {
      return Lag.unknown("nothing is committed yet");
    }
    try {
      var opened = open(row.key().shard().stream().name());
      var shard = opened.shards.get(row.key().shard().shard());
      if (shard == null) {
        return Lag.unknown("the stream names the shard no more");
      }
      try (var cursor = opened.stream.open(shard, from.get())) {
        return lag(await(cursor.fetch(1)));
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return Lag.unknown("interrupted");
    } catch (ExecutionException failed) {
      return Lag.unknown(Headrace.sentence(failed));
    } catch (TimeoutException late) {
      return Lag.unknown("the stream did not answer within " + ANSWER_MAX.toSeconds() + " s");
    }
  }

  private Lag lag(Fetched fetched) {
    if (fetched instanceof Fetched.Records read) {
      var age =
          read.records().isEmpty()
              ? read.behind()
              : Duration.between(read.records().get(0).arrivedAt(), loop.now());
      return new Lag(Optional.of(age.isNegative() ? Duration.ZERO : age), "");
    }
    return fetched instanceof Fetched.Gap
        ? Lag.unknown("the stream has trimmed what comes next")
        : new Lag(Optional.of(Duration.ZERO), "");
  }

  private Opened open(String name)
      throws InterruptedException, ExecutionException, TimeoutException {
    var known = streams.get(name);
    if (known != null) {
      return known;
    }
    var stream = connector.open(StreamSource.kinesis(name), loop, random);
    List<Shard> all = await(stream.shards());
    var shards = new HashMap<ShardId, Shard>();
    all.forEach(shard -> shards.put(shard.id(), shard));
    var opened = new Opened(stream, shards);
    streams.put(name, opened);
    return opened;
  }

  private static <T> T await(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException, TimeoutException {
    return stage.toCompletableFuture().get(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    streams.values().forEach(opened -> opened.stream.close());
  }
}
