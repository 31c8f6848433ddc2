package io.headrace.console.app;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.nio.file.Path;
import java.util.Locale;

/** Another version of {@link Shouting}: it leaves "b" out, whispers "c" and says "e" twice. */
final class Upper {
  record Word(String text) {}

  private Upper() {}

  static FunctionSpec<Word, Word> spec() {
    return FunctionSpec.named("shouting2")
        .reading(Input.of(StreamSource.kinesis("words"), Json.of(Word.class)))
        .handledBy(
            () ->
                (event, out) -> {
                  var text = event.value().text();
                  if (!text.startsWith("b")) {
                    out.send(new Word(text.startsWith("c") ? text : text.toUpperCase(Locale.ROOT)));
                  }
                  if (text.startsWith("e")) {
                    out.send(new Word("again"));
                  }
                },
            Destination.file(Path.of("never.ndjson"), Json.of(Word.class)));
  }
}
