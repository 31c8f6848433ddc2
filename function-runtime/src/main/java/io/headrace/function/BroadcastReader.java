package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.function.KeptVersions.Raw;
import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One worker's reading of a {@link Broadcast}: what is kept of it first, then every shard of its
 * stream from there on, for as long as the worker runs. Owned by the worker loop; {@link #inForce}
 * and {@link #sentences} may be called by any thread.
 *
 * <p>Whether all that may be in force is read is judged by ticks alone, as no two clocks agree: a
 * fetch that found the end of a shard has seen all that was in it when the fetch began. If that was
 * at most half of the settling time ago in every shard, a version that has been in the stream for
 * the whole of it when a record arrives has been seen, as the record had arrived by now.
 */
final class BroadcastReader<R> {
  /** More come with later fetches. */
  private static final long FETCH_BYTES_MAX = 4 << 20;

  /** One an hour for a year; and about what a worker may spend on it. */
  static final int VERSIONS_MAX = 10_000;

  private static final long BYTES_MAX = 64 << 20;

  /** Of records that no codec here reads so many are kept for workers that may read them. */
  private static final int UNREADABLE_MAX = 1_000;

  private static final long UNREADABLE_BYTES_MAX = 16 << 20;

  private static final Duration RETRY_FIRST = Duration.ofMillis(100);
  private static final Duration RETRY_LONGEST = Duration.ofSeconds(5);

  /** A cursor answers within about a second; one that is silent for so long is replaced. */
  private static final Duration FETCH_MAX = Duration.ofSeconds(60);

  /** How soon a record that came too early asks again. */
  private static final Duration ASK_AGAIN = Duration.ofMillis(100);

  private static final String READ = "read";
  private static final String KEEP = "kept";
  private static final String REFUSED = "refused in ";

  /** What the reader uses of its worker. */
  record Worker(
      String application,
      EventLoop loop,
      RandomGenerator random,
      Executor pool,
      ChunkStore chunks,
      Consumer<FunctionEvent> events) {}

  /** Where reading stands: since when nothing is left to be read, or that nothing will come. */
  private record Whole(long sinceTicks, boolean ended) {}

  /** What the stream is now. */
  private record Listed(StreamId id, List<Shard> shards) {}

  /** A record that was read, and what it turned out to be. */
  private record Looked<R>(
      Raw raw, @Nullable Version<R> version, Decoder.@Nullable Unreadable not) {}

  private final Broadcast<R> broadcast;
  private final ShardedStream stream;
  private final Worker worker;
  private final List<String> functions;
  private final Map<ShardId, Reading> readings = new LinkedHashMap<>();
  private final ArrayDeque<Raw> unkept = new ArrayDeque<>();
  private final Map<String, String> troubles = new ConcurrentHashMap<>();
  private @Nullable KeptVersions kept;

  /** What was kept when this worker began, and may be read again from the stream. */
  private final Map<ShardId, TreeSet<Position>> loaded = new HashMap<>();

  private @Nullable StreamId id;
  private long refused;
  private int unreadable;
  private long unreadableBytes;
  private volatile KnownVersions<R> known = KnownVersions.none();
  private volatile @Nullable Whole whole;
  private volatile boolean closed;

  /**
   * @param functions who asks for it
   */
  BroadcastReader(
      Broadcast<R> broadcast, ShardedStream stream, Worker worker, List<String> functions) {
    this.broadcast = broadcast;
    this.stream = stream;
    this.worker = worker;
    this.functions = List.copyOf(functions);
  }

  Broadcast<R> broadcast() {
    return broadcast;
  }

  /** From any thread. */
  void begin() {
    worker.loop().execute(() -> identify(1));
  }

  /** From any thread; the stream is closed by who opened it. */
  void close() {
    closed = true;
  }

  /**
   * By any thread.
   *
   * @throws Unavailable while something that may be in force is not read
   */
  Optional<Version<R>> inForce(Instant time, Instant arrivedAt) {
    if (!isWhole()) {
      throw new Unavailable(broadcast.toString(), ASK_AGAIN, null);
    }
    return known.inForce(time, arrivedAt, broadcast.settling());
  }

  private boolean isWhole() {
    var now = whole;
    return now != null
        && (now.ended()
            || worker.loop().ticks() - now.sinceTicks()
                <= broadcast.settling().dividedBy(2).toNanos());
  }

  /** What whoever looks after the worker should know; by any thread. */
  Collection<String> sentences() {
    var sentences = new ArrayList<String>();
    boolean waits = !isWhole();
    boolean told = false;
    for (var trouble : troubles.entrySet()) {
      boolean reading = trouble.getKey().startsWith(READ);
      if (!reading || waits) {
        sentences.add(broadcast + ": " + trouble.getValue());
      }
      told |= reading;
    }
    if (waits && !told) {
      sentences.add(broadcast + ": is not read to its end yet");
    }
    return sentences;
  }

  private void identify(int attempt) {
    ask(
        READ,
        attempt,
        stream::identify,
        found -> {
          id = found;
          kept = new KeptVersions(worker.chunks(), worker.application(), found);
          load(kept, 1);
        },
        this::identify);
  }

  private void load(KeptVersions from, int attempt) {
    ask(
        READ,
        attempt,
        () -> from.load().thenCompose(this::look),
        looked -> {
          for (var one : looked) {
            if (install(one)) {
              loaded
                  .computeIfAbsent(one.raw().shard(), any -> new TreeSet<>())
                  .add(one.raw().position());
            }
          }
          list(1);
        },
        again -> load(from, again));
  }

  private void list(int attempt) {
    ask(READ, attempt, stream::shards, shards -> shards.forEach(this::open), this::list);
  }

  private void open(Shard shard) {
    if (!readings.containsKey(shard.id())) {
      var reading = new Reading(shard);
      readings.put(shard.id(), reading);
      reading.open();
    }
  }

  /** Users' codecs run where users' functions do. */
  private CompletableFuture<List<Looked<R>>> look(List<Raw> raws) {
    if (raws.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    var looked = new CompletableFuture<List<Looked<R>>>();
    worker
        .pool()
        .execute(
            () -> {
              try {
                looked.complete(raws.stream().map(this::look).toList());
              } catch (Throwable thrown) {
                looked.completeExceptionally(thrown);
              }
            });
    return looked;
  }

  /**
   * @throws Unavailable where the codec can't tell now: refused here alone, the version would have
   *     this worker decide otherwise than others
   */
  private Looked<R> look(Raw raw) {
    try {
      var event = Decoder.id(keyOf(raw.shard()), raw.position());
      return new Looked<>(raw, broadcast.read(event, raw.arrivedAt(), raw.payload()), null);
    } catch (Decoder.Unreadable unreadable) {
      var down = Failure.unavailable(unreadable);
      if (down != null) {
        throw down;
      }
      return new Looked<>(raw, null, unreadable);
    }
  }

  private ShardKey keyOf(ShardId shard) {
    var now = id;
    if (now == null) {
      throw new IllegalStateException(broadcast + ": is not identified yet");
    }
    return new ShardKey(now, shard);
  }

  /**
   * The former version stays in force where this is none.
   *
   * @return whether it is to be kept: of what can't be used there may be any number
   */
  private boolean install(Looked<R> looked) {
    var raw = looked.raw();
    var key = keyOf(raw.shard());
    var not = looked.not();
    var version = looked.version();
    int size = raw.payload().length;
    if (version == null) {
      refuse(raw, not == null ? "Undecodable" : not.code);
      if (unreadable >= UNREADABLE_MAX || unreadableBytes + size > UNREADABLE_BYTES_MAX) {
        return false;
      }
      unreadable++;
      unreadableBytes += size;
    } else if (known.size() >= VERSIONS_MAX || known.bytes() + size > BYTES_MAX) {
      refuse(raw, "TooManyVersions");
      return false;
    } else {
      known = known.with(new KnownVersions.Place<>(version, raw.shard(), raw.position()), size);
      troubles.remove(REFUSED + raw.shard());
      tell(function -> new FunctionEvent.VersionRead(function, key, raw.position()));
    }
    return true;
  }

  private void refuse(Raw raw, String code) {
    refused++;
    long count = refused;
    troubles.put(
        REFUSED + raw.shard(),
        "the version at "
            + raw.shard()
            + ", "
            + raw.position()
            + " is refused ("
            + code
            + ") and the former one stays in force: put another one");
    var key = keyOf(raw.shard());
    tell(function -> new FunctionEvent.VersionRefused(function, key, raw.position(), code, count));
  }

  private void tell(Function<String, FunctionEvent> event) {
    functions.forEach(function -> worker.events().accept(event.apply(function)));
  }

  /** One at a time, in order. */
  private void keep(List<Raw> read) {
    boolean idle = unkept.isEmpty();
    unkept.addAll(read);
    if (idle && !unkept.isEmpty()) {
      keepNext(1);
    }
  }

  private void keepNext(int attempt) {
    var to = kept;
    var next = unkept.peek();
    if (to == null || next == null) {
      return;
    }
    ask(
        KEEP,
        attempt,
        () -> to.keep(next),
        done -> {
          unkept.remove();
          keepNext(1);
        },
        this::keepNext);
  }

  private void judge() {
    long since = Long.MAX_VALUE;
    boolean ended = true;
    for (var reading : readings.values()) {
      if (reading.ended) {
        continue;
      }
      if (!reading.tipSeen) {
        whole = null;
        return;
      }
      since = ended ? reading.tipSince : earlier(since, reading.tipSince);
      ended = false;
    }
    whole = new Whole(since, ended);
  }

  /** Ticks may wrap around. */
  private static long earlier(long a, long b) {
    return a - b < 0 ? a : b;
  }

  /** Until it succeeds, however long it takes; what fails is told. */
  private <T> void ask(
      String what,
      int attempt,
      Supplier<CompletionStage<T>> call,
      Consumer<T> answered,
      IntConsumer again) {
    Stages.ask(
        worker.loop(),
        call,
        value -> {
          if (!closed) {
            troubles.remove(what);
            answered.accept(value);
          }
        },
        thrown -> {
          if (!closed) {
            failed(what, attempt, thrown, () -> again.accept(attempt + 1));
          }
        });
  }

  private void failed(String what, int attempt, Throwable thrown, Runnable again) {
    troubles.put(what, "can't be " + what + ", " + message(thrown));
    var wait = RetryPolicy.jittered(RETRY_FIRST, RETRY_LONGEST, attempt, worker.random());
    in(wait, again);
  }

  private static String message(Throwable thrown) {
    return thrown.getMessage() == null ? thrown.getClass().getName() : thrown.getMessage();
  }

  private void in(Duration wait, Runnable task) {
    var unused =
        worker
            .loop()
            .schedule(
                wait,
                () -> {
                  if (!closed) {
                    task.run();
                  }
                });
  }

  /** A shard that is read; of the worker loop. */
  private final class Reading {
    private final Shard shard;
    private final String what;
    private @Nullable Position after;
    private @Nullable ShardCursor cursor;
    private boolean ended;
    private boolean tipSeen;
    private long tipSince;

    /** Tells a fetch from one that was given up. */
    private int fetches;

    Reading(Shard shard) {
      this.shard = shard;
      this.what = READ + " in " + shard.id();
    }

    /**
     * All that the stream has, whatever is kept: while others keep what they read, a list of what
     * is kept may have a version and leave out the one before.
     */
    void open() {
      closeCursor();
      var from = after;
      cursor =
          stream.open(
              shard, from == null ? StartingPosition.TRIM_HORIZON : StartingPosition.after(from));
      fetch(1);
    }

    private void closeCursor() {
      if (cursor != null) {
        cursor.close();
        cursor = null;
      }
    }

    private void fetch(int attempt) {
      var from = cursor;
      if (from == null) {
        return;
      }
      int number = ++fetches;
      long began = worker.loop().ticks();
      var overdue =
          worker
              .loop()
              .schedule(
                  FETCH_MAX,
                  () -> {
                    if (number == fetches && !closed) {
                      open();
                    }
                  });
      Stages.ask(
          worker.loop(),
          () -> from.fetch(FETCH_BYTES_MAX),
          fetched -> {
            overdue.cancel();
            if (closed) {
              closeCursor();
            } else if (number == fetches) {
              answered(fetched, began);
            }
          },
          thrown -> {
            overdue.cancel();
            if (number == fetches && !closed) {
              failedToFetch(attempt, thrown);
            }
          });
    }

    private void failedToFetch(int attempt, Throwable thrown) {
      if (thrown instanceof StreamException stream
          && stream.kind() == StreamException.Kind.NOT_FOUND) {
        askWhetherForgotten(attempt, thrown);
      } else {
        failed(what, attempt, thrown, () -> fetch(attempt + 1));
      }
    }

    /**
     * A closed shard goes when its last record has: what came of it may be read. A stream that was
     * made anew has no such shard either, and what is known here is of another one.
     */
    private void askWhetherForgotten(int attempt, Throwable thrown) {
      Stages.ask(
          worker.loop(),
          () -> stream.identify().thenCombine(stream.shards(), Listed::new),
          now -> {
            if (closed) {
              return;
            }
            if (!now.id().equals(id)) {
              var anew = new IllegalStateException("its stream was made anew: restart the worker");
              failed(what, attempt, anew, () -> fetch(attempt + 1));
            } else if (now.shards().stream().anyMatch(other -> other.id().equals(shard.id()))) {
              failed(what, attempt, thrown, () -> fetch(attempt + 1));
            } else {
              end(now.shards());
            }
          },
          unlisted -> {
            if (!closed) {
              failed(what, attempt, thrown, () -> fetch(attempt + 1));
            }
          });
    }

    private void answered(Fetched fetched, long began) {
      troubles.remove(what);
      if (fetched instanceof Fetched.Records read) {
        tellMissing(read);
        take(read, began, 1);
      } else if (fetched instanceof Fetched.Gap gap) {
        // It was away for longer than the stream keeps what it gets.
        tellMissing(gap.after(), gap.resumesAt());
        fetch(1);
      } else if (fetched instanceof Fetched.End end) {
        end(end.children());
      }
    }

    private boolean isNews(Position position) {
      var kept = loaded.get(shard.id());
      return kept == null || !kept.contains(position);
    }

    /** What is oldest in the stream is behind all that is kept: something may have been between. */
    private void tellMissing(Fetched.Records read) {
      var kept = loaded.get(shard.id());
      if (after == null && kept != null && !read.records().isEmpty()) {
        var first = read.records().get(0).position();
        if (first.compareTo(kept.last()) > 0) {
          tellMissing(kept.last(), first);
        }
      }
    }

    private void tellMissing(Position behind, @Nullable Position resumesAt) {
      tell(
          function ->
              new FunctionEvent.VersionsMissing(
                  function, keyOf(shard.id()), behind, Optional.ofNullable(resumesAt)));
    }

    private void take(Fetched.Records read, long began, int attempt) {
      ask(
          what,
          attempt,
          () -> {
            return look(
                read.records().stream()
                    .filter(record -> isNews(record.position()))
                    .map(record -> Raw.of(shard.id(), record))
                    .toList());
          },
          looked -> {
            keep(looked.stream().filter(BroadcastReader.this::install).map(Looked::raw).toList());
            if (!read.records().isEmpty()) {
              after = read.records().get(read.records().size() - 1).position();
            }
            // An answer with records may be cut short, or the shard's last: the next one tells.
            boolean atTip = read.records().isEmpty() && read.behind().isZero();
            if (atTip && read.heard()) {
              tipSeen = true;
              tipSince = began;
              judge();
            }
            if (atTip) {
              in(broadcast.settling().dividedBy(5), () -> fetch(1));
            } else {
              fetch(1);
            }
          },
          again -> take(read, began, again));
    }

    private void end(List<Shard> children) {
      closeCursor();
      ended = true;
      loaded.remove(shard.id());
      children.forEach(BroadcastReader.this::open);
      judge();
    }
  }
}
