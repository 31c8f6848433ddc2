package io.headrace.console.app;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RecordFunction;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.LoopOfThread;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** A function that breaks the process in which it runs, in the way that a record names. */
final class Breaking implements RecordFunction<Breaking.Word, Breaking.Word>, AutoCloseable {
  record Word(String text) {}

  private static volatile boolean closeHangs;

  @Override
  public void handle(Event<Word> event, Output<Word> out) {
    switch (event.value().text()) {
      case "WORKER_LOOP_THROWS" -> throwIn("headrace-worker-app");
      case "LEASE_LOOP_THROWS" -> throwIn("headrace-leases-app");
      case "WORKER_LOOP_HANGS" -> hangIn("headrace-worker-app");
      case "LEASE_LOOP_AND_CLOSE_HANG" -> {
        closeHangs = true;
        hangIn("headrace-leases-app");
      }
      case "CALL_HANGS" -> hang();
      case "MEMORY_ENDS" -> out.send(new Word("long".repeat(Integer.MAX_VALUE)));
      default -> out.send(event.value());
    }
  }

  @Override
  public void close() {
    if (closeHangs) {
      hang();
    }
  }

  private static void throwIn(String loop) {
    LoopOfThread.named(loop)
        .execute(
            () -> {
              throw new IllegalStateException("a task that a test planted");
            });
  }

  private static void hangIn(String loop) {
    LoopOfThread.named(loop).execute(Breaking::hang);
  }

  /** Holds no lock, as whatever hangs in a task, and heeds no interrupt. */
  private static void hang() {
    while (true) {
      LockSupport.park();
      boolean unused = Thread.interrupted(); // Else it would spin.
    }
  }

  static FunctionSpec<Word, Word> spec() {
    return FunctionSpec.named("breaking")
        .reading(Input.of(StreamSource.kinesis("words"), Json.of(Word.class)))
        .handledBy(Breaking::new, Destination.file(Path.of("words.ndjson"), Json.of(Word.class)));
  }
}
