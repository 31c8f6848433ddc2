package io.headrace.console.app;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RecordFunction;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.nio.file.Path;

/** A function that breaks the process in which it runs, in the way that a record names. */
@SuppressWarnings({
  "deprecation",
  "removal",
  "DefaultCharset"
}) // nothing else throws in a thread of another
final class Breaking implements RecordFunction<Breaking.Word, Breaking.Word> {
  record Word(String text) {}

  @Override
  public void handle(Event<Word> event, Output<Word> out) {
    switch (event.value().text()) {
      case "WORKER_LOOP_THROWS" -> thread("headrace-worker-app").stop();
      case "LEASE_LOOP_THROWS" -> thread("headrace-leases-app").stop();
      case "WORKER_LOOP_HANGS" -> thread("headrace-worker-app").suspend();
      case "LEASE_LOOP_HANGS" -> thread("headrace-leases-app").suspend();
      case "MEMORY_ENDS" -> out.send(new Word(new String(new byte[Integer.MAX_VALUE])));
      default -> out.send(event.value());
    }
  }

  private static Thread thread(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  static FunctionSpec<Word, Word> spec() {
    return FunctionSpec.named("breaking")
        .reading(Input.of(StreamSource.kinesis("words"), Json.of(Word.class)))
        .handledBy(Breaking::new, Destination.file(Path.of("words.ndjson"), Json.of(Word.class)));
  }
}
