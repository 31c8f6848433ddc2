package io.headrace.bench.rig;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * How old records are when they arrive, by the tick of {@link System#nanoTime} that a {@link
 * Timetable} wrote into them. On Linux that is CLOCK_MONOTONIC, one clock for all processes of the
 * machine. Any thread may call.
 */
public final class Latencies implements Consumer<ByteBuffer> {
  private final Map<Integer, Queue<Double>> windows = new ConcurrentHashMap<>();
  private final AtomicLong arrived = new AtomicLong();

  @Override
  public void accept(ByteBuffer data) {
    long now = System.nanoTime();
    int at = data.position();
    double millis = (now - data.getLong(at + Integer.BYTES)) / 1e6;
    window(data.getInt(at)).add(millis);
    arrived.incrementAndGet();
  }

  /** How many records arrived, of all windows. */
  public long arrived() {
    return arrived.get();
  }

  /** How many of a window arrived. */
  public int count(int window) {
    return window(window).size();
  }

  /** What was seen of a window. */
  public Samples of(int window) {
    return Samples.of(window(window));
  }

  /** Percentiles of a window, all named with the prefix. */
  public Figures figures(int window, String prefix) {
    Samples samples = of(window);
    return new Figures()
        .put(prefix + ".p50_ms", samples.percentile(50))
        .put(prefix + ".p99_ms", samples.percentile(99))
        .put(prefix + ".max_ms", samples.max());
  }

  private Queue<Double> window(int number) {
    return windows.computeIfAbsent(number, absent -> new ConcurrentLinkedQueue<>());
  }
}
