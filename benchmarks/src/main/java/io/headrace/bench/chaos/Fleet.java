package io.headrace.bench.chaos;

import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The workers of a run and what each is busy with: to each one thing happens at a time, on a thread
 * of its own. Confined to the thread of the benchmark, but for what happens to workers.
 */
final class Fleet implements AutoCloseable {
  private final Consumer<String> progress;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Slot> slots = new ArrayList<>();

  /** Of each slot, and last of the services. */
  private final List<CompletableFuture<Void>> busy =
      new ArrayList<>(List.of(CompletableFuture.completedFuture(null)));

  private final AtomicInteger ended = new AtomicInteger();
  private final AtomicInteger forced = new AtomicInteger();

  Fleet(Consumer<String> progress) {
    this.progress = progress;
  }

  /** Starts a worker in a place of its own, and awaits it. */
  void add(Slot slot) {
    slot.start(false);
    slots.add(slot);
    busy.add(0, CompletableFuture.completedFuture(null));
  }

  int size() {
    return slots.size();
  }

  List<Slot> slots() {
    return slots;
  }

  /** The place of what all workers use. */
  int services() {
    return slots.size();
  }

  boolean isIdle(int place) {
    return busy.get(place).isDone();
  }

  /** A worker to which nothing happens, drawn anew until there is one. */
  int idle(SplittableRandom random) {
    for (; ; Pause.millis(10)) {
      int slot = random.nextInt(slots.size());
      if (isIdle(slot)) {
        return slot;
      }
    }
  }

  /** Has something happen to an idle place. What failed there before ends the run. */
  void disturb(int place, Runnable disturbance) {
    await(busy.get(place));
    busy.set(place, CompletableFuture.runAsync(disturbance, threads));
  }

  /** Waits until nothing happens any more. */
  void settle() {
    busy.forEach(Fleet::await);
  }

  private static void await(CompletableFuture<Void> disturbance) {
    try {
      disturbance.join();
    } catch (CompletionException failed) {
      throw new NotMeasured(NotMeasured.because(failed), failed);
    }
  }

  /** As whatever keeps processes running would; nobody has told these to end. */
  void replaceEnded() {
    for (int i = 0; i < slots.size(); i++) {
      if (isIdle(i)) {
        restartIfEnded(slots.get(i));
      }
    }
  }

  void restartIfEnded(Slot slot) {
    if (!slot.isAlive()) {
      ended.incrementAndGet();
      progress.accept(slot.name() + " has ended by itself: " + slot.lastWords());
      slot.start(false);
    }
  }

  void stop(Slot slot) {
    if (!slot.stop()) {
      forced.incrementAndGet();
      progress.accept(slot.name() + " did not end in order: " + slot.lastWords());
    }
  }

  void stopAll() {
    slots.forEach(this::stop);
  }

  /** How many processes ended that nobody had told to. */
  int ended() {
    return ended.get();
  }

  /** How many stops in order took too long, or ended with an error. */
  int forced() {
    return forced.get();
  }

  @Override
  public void close() {
    threads.shutdownNow();
    slots.forEach(Slot::close);
  }
}
