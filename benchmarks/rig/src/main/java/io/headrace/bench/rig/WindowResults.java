package io.headrace.bench.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a windowed job comes to: each window once, with its sum, as lines of text that are compared
 * to those of others. It counts records, too: the job's time ends when all were summed up and all
 * windows told. Any thread.
 */
public final class WindowResults {
  private record Cell(String key, long start) {
    String text() {
      return key + " " + Instant.ofEpochMilli(start);
    }
  }

  /**
   * What one file of results lacks beside another.
   *
   * @param missing windows that only the other has
   * @param different windows that both have with different sums
   * @param extra windows that only it has
   */
  public record Difference(int missing, int different, int extra) {}

  private final long records;
  private final long windows;
  private final Span span;
  private final Map<Cell, DelaySum> sums = new ConcurrentHashMap<>();
  private final AtomicInteger contradicted = new AtomicInteger();

  public WindowResults(long warmRecords, long records, long windows) {
    this.records = warmRecords + records;
    this.windows = windows;
    this.span = Span.untilEnded(warmRecords, records);
  }

  /** A record was added to a sum. */
  public void added() {
    span.add(1);
    endIfDone();
  }

  /** A window was told. One that is told again has to be the same. */
  public void told(String key, long startMillis, DelaySum sum) {
    DelaySum before = sums.put(new Cell(key, startMillis), sum);
    if (before != null && !before.equals(sum)) {
      contradicted.incrementAndGet();
    }
    endIfDone();
  }

  /** Whether every record was added. */
  public boolean allAdded() {
    return span.counted() >= records;
  }

  private void endIfDone() {
    if (allAdded() && sums.size() >= windows) {
      span.end();
    }
  }

  /** Waits for the last result and answers what the measured records took. */
  public Figures await(Duration timeMax) throws InterruptedException {
    Figures figures;
    try {
      figures = span.await(timeMax, "windows");
    } catch (NotMeasured e) {
      throw new NotMeasured(
          e.getMessage() + ", and %,d of %,d windows told".formatted(sums.size(), windows), e);
    }
    return figures
        .put("windows.told", sums.size())
        .put("windows.contradicted", contradicted.get())
        .put("windows.added_again", (double) span.counted() - records);
  }

  /** Writes a line for each window, in the order of their text. */
  public void write(Path file) {
    List<String> lines = new ArrayList<>();
    sums.forEach((cell, sum) -> lines.add(line(cell, sum)));
    lines.sort(null);
    try {
      Files.write(file, lines, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("results can't be written", e);
    }
  }

  private static String line(Cell cell, DelaySum sum) {
    return cell.text()
        + " = "
        + sum.flights()
        + " "
        + sum.minutes()
        + " "
        + sum.late()
        + " "
        + sum.most();
  }

  /** Compares what two programs wrote. */
  public static Difference compare(List<String> lines, List<String> with) {
    Map<String, String> left = byWindow(with);
    int different = 0;
    int extra = 0;
    for (Map.Entry<String, String> each : byWindow(lines).entrySet()) {
      String other = left.remove(each.getKey());
      if (other == null) {
        extra++;
      } else if (!other.equals(each.getValue())) {
        different++;
      }
    }
    return new Difference(left.size(), different, extra);
  }

  private static Map<String, String> byWindow(List<String> lines) {
    Map<String, String> byWindow = new HashMap<>();
    for (String line : lines) {
      int at = line.indexOf(" = ");
      if (at < 0) {
        throw new NotMeasured("a result has to be WINDOW = SUMS but is \"" + line + "\"");
      }
      byWindow.put(line.substring(0, at), line.substring(at));
    }
    return byWindow;
  }
}
