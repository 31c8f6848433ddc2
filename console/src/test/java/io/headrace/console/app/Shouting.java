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

/** A user's function, as an app.yaml names it. One word it can't handle. */
final class Shouting implements RecordFunction<Shouting.Word, Shouting.Word> {
  record Word(String text) {}

  @Override
  public void handle(Event<Word> event, Output<Word> out) {
    if (event.value().text().equals("unspeakable")) {
      throw new IllegalStateException("not this one");
    }
    out.send(new Word(event.value().text().toUpperCase(java.util.Locale.ROOT)));
  }

  static FunctionSpec<Word, Word> spec() {
    return FunctionSpec.named("shouting")
        .reading(Input.of(StreamSource.kinesis("words"), Json.of(Word.class)))
        .handledBy(Shouting::new, Destination.file(Path.of("shouted.ndjson"), Json.of(Word.class)));
  }
}
