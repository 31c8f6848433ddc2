package io.headrace.bench.chaos;

import io.headrace.function.LetterSink;
import io.headrace.function.SinkLetter;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A sink of dead letters that fails half of its writes, before it has written or behind it, as one
 * does whose answers get lost. What it has taken stands, forced to the disk. Has a thread of its
 * own.
 */
final class FlakySink implements LetterSink {
  private static final int CHANCES = 4;

  private final FileOutputStream file;
  private final SplittableRandom random;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();

  FlakySink(Path path, long seed) {
    random = new SplittableRandom(seed);
    try {
      file = new FileOutputStream(path.toFile(), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String name() {
    return "the sink that fails half of its writes";
  }

  @Override
  public CompletionStage<?> put(List<? extends SinkLetter> letters) {
    return CompletableFuture.runAsync(() -> write(letters), thread);
  }

  private void write(List<? extends SinkLetter> letters) {
    int drawn = random.nextInt(CHANCES);
    if (drawn == 0) {
      throw new IllegalStateException("the sink fails before it has written");
    }
    try {
      for (SinkLetter letter : letters) {
        file.write(letter.json(Integer.MAX_VALUE));
        file.write('\n');
      }
      file.getFD().sync();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (drawn == 1) {
      throw new IllegalStateException("the sink fails when it has written");
    }
  }

  @Override
  public void close() {
    thread.shutdown();
  }
}
