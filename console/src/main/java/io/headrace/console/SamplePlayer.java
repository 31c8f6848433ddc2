package io.headrace.console;

import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.samples.Change;
import io.headrace.samples.Put;
import io.headrace.samples.Replay;
import io.headrace.samples.Sample;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Plays one sample's input into its streams, as fast as its replay asks for and never further ahead
 * than one put. A slow stream slows the player: what is not put when the time is over stays out.
 * Everything happens on one loop.
 */
final class SamplePlayer {
  private static final Duration TICK = Duration.ofMillis(100);
  private static final int BATCH_MAX = 500;

  private final Sample sample;
  private final Function<StreamSource, StreamSink> sinks;
  private final Ledger ledger;
  private final EventLoop loop;
  private final Replay replay;
  private final Iterator<Put> entries;
  private final ArrayDeque<Change> changes;
  private final CompletableFuture<Long> done = new CompletableFuture<>();

  private long startedTicks;
  private long put;
  private boolean stopping;
  private boolean timeIsOver;

  /**
   * @param sinks the same for each call with a stream
   */
  SamplePlayer(
      Sample sample,
      Function<StreamSource, StreamSink> sinks,
      Ledger ledger,
      EventLoop loop,
      Duration playingTime) {
    this.sample = sample;
    this.sinks = sinks;
    this.ledger = ledger;
    this.loop = loop;
    this.replay = sample.replay(playingTime);
    this.entries = sample.entries();
    this.changes = new ArrayDeque<>(sample.changes());
  }

  /** Plays to the end of the time or until {@link #stop}; answers how many entries were put. */
  CompletionStage<Long> play() {
    loop.execute(
        () -> {
          startedTicks = loop.ticks();
          next();
        });
    return done;
  }

  /** Puts nothing more; what is under way is finished. Any thread. */
  void stop() {
    loop.execute(() -> stopping = true);
  }

  private void next() {
    var elapsed = Duration.ofNanos(loop.ticks() - startedTicks);
    long due = replay.due(elapsed);
    if (stopping || timeIsOver || put >= replay.whole()) {
      done.complete(put);
      return;
    }
    // What fell due with the end of the time is still put, as far as one batch takes it.
    timeIsOver = elapsed.compareTo(replay.over()) > 0;
    if (put >= due) {
      var unused = loop.schedule(TICK, this::next);
      return;
    }
    var change = changes.peek();
    if (change != null && change.ahead() <= put) {
      changes.remove();
      change(change.put())
          .whenComplete((stored, failure) -> loop.execute(() -> proceed(0, failure)));
      return;
    }
    int count = 0;
    var batch = new LinkedHashMap<StreamSource, List<StreamSink.Entry>>();
    while (count < BATCH_MAX && put + count < due && entries.hasNext()) {
      var next = entries.next();
      batch.computeIfAbsent(next.stream(), any -> new ArrayList<>()).add(next.entry());
      count++;
    }
    int size = count;
    put(batch).whenComplete((stored, failure) -> loop.execute(() -> proceed(size, failure)));
  }

  private void proceed(int more, Throwable failure) {
    if (failure != null) {
      done.completeExceptionally(failure);
      return;
    }
    put += more;
    next();
  }

  /** No function handles it, so that nobody accounts for it. */
  private CompletionStage<?> change(Put change) {
    return sinks.apply(change.stream()).put(List.of(change.entry()));
  }

  private CompletionStage<Void> put(Map<StreamSource, List<StreamSink.Entry>> batch) {
    return CompletableFuture.allOf(
        batch.entrySet().stream()
            .map(of -> put(of.getKey(), of.getValue()).toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  /** Puts entries and writes them into the ledger before anything else is done. */
  private CompletionStage<Void> put(StreamSource stream, List<StreamSink.Entry> batch) {
    var names = List.of(Ledger.nameIn(sample.spec(), stream.name()));
    return sinks
        .apply(stream)
        .put(batch)
        .thenAccept(stored -> ledger.stored(names, stream.name(), stored));
  }

  /** What follows the last entry of a stream. */
  CompletionStage<Void> end(StreamSource stream, List<StreamSink.Entry> ending) {
    return put(stream, ending);
  }
}
