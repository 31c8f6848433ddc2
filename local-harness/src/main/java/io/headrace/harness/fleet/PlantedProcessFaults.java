package io.headrace.harness.fleet;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.Stored;
import io.headrace.lease.WorkerItem;
import io.headrace.lease.Written;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** Faults of time and of reading. */
final class PlantedProcessFaults {
  private PlantedProcessFaults() {}

  /** What a process draws depends on its worker id only. */
  static Plant sameNamesAtEachStart() {
    return new Plant() {
      @Override
      public SplittableRandom randomOf(SimulatedProcess process, SplittableRandom random) {
        return new SplittableRandom(process.id().hashCode());
      }
    };
  }

  /** The lease is asked for when a call is queued, not when it begins. */
  static Plant leaseCheckedWhenQueued() {
    return new Plant() {
      private final Map<SimulatedProcess, Long> asOf = new HashMap<>();

      @Override
      public EventLoop workerLoopOf(SimulatedProcess process, EventLoop loop) {
        return new LoopShim(loop) {
          @Override
          public long ticks() {
            return asOf.getOrDefault(process, super.ticks());
          }
        };
      }

      @Override
      public Executor poolOf(SimulatedProcess process, Executor pool) {
        return task -> {
          long queued = process.clock().ticks();
          pool.execute(
              () -> {
                asOf.put(process, queued);
                try {
                  task.run();
                } finally {
                  asOf.remove(process);
                }
              });
        };
      }
    };
  }

  /** A lease counts from when the heartbeat's answer came, not from when it was sent. */
  static Plant validFromTheReply() {
    return new Plant() {
      private final Map<SimulatedProcess, Long> roundTrip = new HashMap<>();

      @Override
      public EventLoop workerLoopOf(SimulatedProcess process, EventLoop loop) {
        return new LoopShim(loop) {
          @Override
          public long ticks() {
            return super.ticks() - roundTrip.getOrDefault(process, 0L);
          }
        };
      }

      @Override
      public LeaseTable tableOf(SimulatedProcess process, LeaseTable table) {
        return new TableShim(table) {
          @Override
          public CompletionStage<Written<WorkerItem>> beat(
              String application,
              Stored<WorkerItem> seen,
              WorkerItem next,
              long revision,
              String writeToken) {
            long sent = process.clock().ticks();
            return super.beat(application, seen, next, revision, writeToken)
                .thenApply(
                    written -> {
                      roundTrip.put(process, process.clock().ticks() - sent);
                      return written;
                    });
          }
        };
      }
    };
  }

  /** Leases are measured by the wall clock. */
  static Plant leasesByWallClock() {
    return new Plant() {
      @Override
      public EventLoop workerLoopOf(SimulatedProcess process, EventLoop loop) {
        return byWall(loop);
      }

      @Override
      public EventLoop leaseLoopOf(SimulatedProcess process, EventLoop loop) {
        return byWall(loop);
      }

      private static EventLoop byWall(EventLoop loop) {
        return new LoopShim(loop) {
          @Override
          public long ticks() {
            var now = now();
            return now.getEpochSecond() * 1_000_000_000L + now.getNano();
          }
        };
      }
    };
  }

  /** Some clocks run slower than the owner's allowance covers. */
  static Plant clocksRunOff(int percent) {
    return new Plant() {
      @Override
      public EventLoop workerLoopOf(SimulatedProcess process, EventLoop loop) {
        return slow(process, loop);
      }

      @Override
      public EventLoop leaseLoopOf(SimulatedProcess process, EventLoop loop) {
        return slow(process, loop);
      }

      private EventLoop slow(SimulatedProcess process, EventLoop loop) {
        return process.id().endsWith("0") ? new SlowClock(loop, percent) : loop;
      }
    };
  }

  private static final class SlowClock extends LoopShim {
    private final int percent;

    SlowClock(EventLoop loop, int percent) {
      super(loop);
      this.percent = percent;
    }

    @Override
    public long ticks() {
      return super.ticks() / 100 * (100 - percent);
    }

    @Override
    public Scheduled schedule(Duration delay, Runnable task) {
      return super.schedule(delay.multipliedBy(100).dividedBy(100 - percent), task);
    }
  }

  /** Changes how one process reads shards. */
  static Plant cursors(CursorChange change) {
    return new Plant() {
      @Override
      public StreamConnector streamsOf(SimulatedProcess process, StreamConnector streams) {
        return new StreamsShim(process, streams, change);
      }
    };
  }

  /** Makes a cursor of another. */
  @FunctionalInterface
  interface CursorChange {
    ShardCursor change(
        SimulatedProcess process, ShardedStream stream, Shard shard, StartingPosition from);
  }

  /** A place that moves on when records are asked for, not when they have come. */
  static ShardCursor movesBeforeTheAnswer(
      SimulatedProcess process, ShardedStream stream, Shard shard, StartingPosition from) {
    return new ShardCursor() {
      private ShardCursor at = stream.open(shard, from);

      @Override
      public CompletionStage<Fetched> fetch(long bytesMax) {
        return at.fetch(bytesMax)
            .whenComplete(
                (fetched, thrown) -> {
                  var puts = process.world().feed(stream.name()).puts().in(shard.id());
                  if (thrown != null && !puts.isEmpty()) {
                    var last = puts.get(puts.size() - 1);
                    at = stream.open(shard, StartingPosition.after(last.position()));
                  }
                });
      }

      @Override
      public void close() {
        at.close();
      }
    };
  }

  /** A closed shard that has nothing to give just now counts as read to its end. */
  static ShardCursor endsWhenClosed(
      SimulatedProcess process, ShardedStream stream, Shard shard, StartingPosition from) {
    return new ShardCursor() {
      private final ShardCursor at = stream.open(shard, from);

      @Override
      public CompletionStage<Fetched> fetch(long bytesMax) {
        var feed = process.world().feed(stream.name());
        if (!feed.puts().isClosed(shard.id())) {
          return at.fetch(bytesMax);
        }
        var children =
            feed.stream().shardsNow().stream()
                .filter(child -> child.parents().contains(shard.id()))
                .toList();
        return CompletableFuture.completedFuture(new Fetched.End(children));
      }

      @Override
      public void close() {
        at.close();
      }
    };
  }

  /** The last record of each answer is dropped when there are several. */
  static ShardCursor dropsLast(
      SimulatedProcess process, ShardedStream stream, Shard shard, StartingPosition from) {
    return new ShardCursor() {
      private final ShardCursor at = stream.open(shard, from);

      @Override
      public CompletionStage<Fetched> fetch(long bytesMax) {
        return at.fetch(bytesMax)
            .thenApply(
                fetched ->
                    fetched instanceof Fetched.Records read && read.records().size() > 3
                        ? new Fetched.Records(
                            read.records().subList(0, read.records().size() - 1), read.behind())
                        : fetched);
      }

      @Override
      public void close() {
        at.close();
      }
    };
  }

  private record StreamsShim(SimulatedProcess process, StreamConnector streams, CursorChange change)
      implements StreamConnector {
    @Override
    public String service() {
      return streams.service();
    }

    @Override
    public ShardedStream open(StreamSource source, EventLoop loop, RandomGenerator random) {
      return new StreamShim(process, streams.open(source, loop, random), change);
    }

    @Override
    public StreamSink sink(String stream, EventLoop loop, RandomGenerator random) {
      return streams.sink(stream, loop, random);
    }

    @Override
    public void close() {
      streams.close();
    }
  }

  private record StreamShim(SimulatedProcess process, ShardedStream stream, CursorChange change)
      implements ShardedStream {
    @Override
    public String name() {
      return stream.name();
    }

    @Override
    public CompletionStage<StreamId> identify() {
      return stream.identify();
    }

    @Override
    public CompletionStage<List<Shard>> shards() {
      return stream.shards();
    }

    @Override
    public ShardCursor open(Shard shard, StartingPosition from) {
      return change.change(process, stream, shard, from);
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
