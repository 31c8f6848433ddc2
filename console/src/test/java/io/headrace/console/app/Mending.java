package io.headrace.console.app;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RecordFunction;
import io.headrace.function.RetryPolicy;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.nio.file.Files;
import java.nio.file.Path;

/** Handles nothing while there is a file of this name beside it. */
final class Mending implements RecordFunction<Mending.Word, Mending.Word> {
  static final Path BROKEN = Path.of("broken");

  record Word(String text) {}

  @Override
  public void handle(Event<Word> event, Output<Word> out) {
    if (Files.exists(BROKEN)) {
      throw new IllegalStateException("no use for " + event.value().text());
    }
    out.send(event.value());
  }

  static FunctionSpec<Word, Word> spec() {
    return FunctionSpec.named("mending")
        .reading(Input.of(StreamSource.kinesis("words"), Json.of(Word.class)))
        .retrying(RetryPolicy.upTo(0))
        .handledBy(Mending::new, Destination.file(Path.of("mended.ndjson"), Json.of(Word.class)));
  }
}
