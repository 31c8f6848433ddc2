package io.headrace.console;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Shows a run while it goes on: one line that is drawn over again in a terminal, plain lines
 * elsewhere. One thread draws; any may write to {@link #above}, which stays above what is drawn.
 */
final class LiveView {
  /**
   * What is shown.
   *
   * @param put records whose put was answered; a record may be settled before its producer hears
   *     that it was stored
   */
  record Frame(
      Duration elapsed,
      long put,
      long settled,
      Duration lag,
      Map<String, Integer> shardsPerWorker,
      Map<String, Long> outputs) {}

  private static final int PLAIN_EVERY = 5;

  private final PrintWriter out;
  private final boolean terminal;
  private int frames;
  private long settledBefore;
  private Duration elapsedBefore = Duration.ZERO;
  private int linesDrawn;

  LiveView(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** A stream for what others print meanwhile: it wipes the frame first, and is not drawn over. */
  PrintStream above(PrintStream target) {
    var wiping =
        new OutputStream() {
          @Override
          public void write(int octet) {
            write(new byte[] {(byte) octet}, 0, 1);
          }

          @Override
          public void write(byte[] octets, int from, int count) {
            synchronized (LiveView.this) {
              wipe();
              target.write(octets, from, count);
              target.flush();
            }
          }
        };
    return new PrintStream(wiping, true, StandardCharsets.UTF_8);
  }

  synchronized void draw(Frame frame) {
    long rate = rate(frame);
    settledBefore = frame.settled();
    elapsedBefore = frame.elapsed();
    if (terminal) {
      redraw(block(frame, rate));
    } else if (frames++ % PLAIN_EVERY == 0) {
      out.println(String.join("  ", block(frame, rate)));
      out.flush();
    }
  }

  /** Whatever is printed next stands below the last frame. */
  synchronized void done() {
    linesDrawn = 0;
  }

  private void redraw(List<String> lines) {
    if (linesDrawn > 0) {
      out.print("\u001b[" + linesDrawn + "A");
    }
    // A line that is too long is cut: wrapped, it would be two, and the count wrong.
    out.print("\u001b[?7l");
    for (var line : lines) {
      out.print("\u001b[2K" + line + "\n");
    }
    out.print("\u001b[?7h");
    linesDrawn = lines.size();
    out.flush();
  }

  private void wipe() {
    if (linesDrawn > 0) {
      out.print("\u001b[" + linesDrawn + "A\u001b[J");
      out.flush();
      linesDrawn = 0;
    }
  }

  private static List<String> block(Frame frame, long rate) {
    return List.of(
        String.format(
            "%4ds  put and answered %,d  settled %,d  %,d records/s  lag %.1f s",
            frame.elapsed().toSeconds(),
            frame.put(),
            frame.settled(),
            rate,
            frame.lag().toMillis() / 1000.0),
        "shards: " + pairs(frame.shardsPerWorker()),
        "outputs: " + pairs(frame.outputs()));
  }

  private long rate(Frame frame) {
    long millis = frame.elapsed().minus(elapsedBefore).toMillis();
    return millis <= 0 ? 0 : (frame.settled() - settledBefore) * 1000 / millis;
  }

  private static String pairs(Map<String, ? extends Number> values) {
    return values.entrySet().stream()
        .map(e -> e.getKey() + " " + e.getValue())
        .collect(Collectors.joining(", "));
  }
}
