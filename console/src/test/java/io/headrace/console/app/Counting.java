package io.headrace.console.app;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.util.ArrayList;
import java.util.List;

/** Keeps what it was told, key by key. */
final class Counting implements KeyedFunction<Counting.Word, Counting.Told, Counting.Told> {
  record Word(String text) {}

  record Told(List<String> words) {}

  @Override
  public Told initial(String key) {
    return new Told(List.of());
  }

  @Override
  public Next<Told> handle(Told before, Event<Word> event, Output<Told> out) {
    var words = new ArrayList<>(before.words());
    words.add(event.value().text());
    return Next.state(new Told(words));
  }

  static FunctionSpec<Word, Told> spec() {
    return FunctionSpec.named("counting")
        .reading(Input.of(StreamSource.kinesis("words"), Json.of(Word.class)))
        .keyedBy(Keys.partitionKey(), Json.of(Told.class))
        .handledBy(Counting::new, Destination.nowhere());
  }
}
