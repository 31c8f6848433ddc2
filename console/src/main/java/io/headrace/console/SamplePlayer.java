package io.headrace.console;

import io.headrace.kcl.StreamSink;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.samples.Replay;
import io.headrace.samples.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Plays one sample's input into its stream, as fast as its replay asks for and never further ahead
 * than one put. A slow stream slows the player: what is not put when the time is over stays out.
 * Everything happens on one loop.
 */
final class SamplePlayer {
  private static final Duration TICK = Duration.ofMillis(100);
  private static final int BATCH_MAX = 500;

  private final Sample sample;
  private final StreamSink sink;
  private final Ledger ledger;
  private final EventLoop loop;
  private final Replay replay;
  private final Iterator<StreamSink.Entry> entries;
  private final CompletableFuture<Long> done = new CompletableFuture<>();

  private long startedTicks;
  private long put;
  private boolean stopping;
  private boolean timeIsOver;

  SamplePlayer(
      Sample sample, StreamSink sink, Ledger ledger, EventLoop loop, Duration playingTime) {
    this.sample = sample;
    this.sink = sink;
    this.ledger = ledger;
    this.loop = loop;
    this.replay = sample.replay(playingTime);
    this.entries = sample.entries();
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
    var batch = new ArrayList<StreamSink.Entry>();
    while (batch.size() < BATCH_MAX && put + batch.size() < due && entries.hasNext()) {
      batch.add(entries.next());
    }
    put(batch).whenComplete((stored, failure) -> loop.execute(() -> proceed(batch, failure)));
  }

  private void proceed(List<StreamSink.Entry> batch, Throwable failure) {
    if (failure != null) {
      done.completeExceptionally(failure);
      return;
    }
    put += batch.size();
    next();
  }

  /** Puts entries and writes them into the ledger before anything else is done. */
  CompletionStage<Void> put(List<StreamSink.Entry> batch) {
    return sink.put(batch)
        .thenAccept(
            stored -> ledger.stored(List.of(sample.spec().name()), sample.stream().name(), stored));
  }
}
