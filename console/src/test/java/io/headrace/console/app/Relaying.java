package io.headrace.console.app;

import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RecordFunction;
import io.headrace.function.RetryPolicy;
import io.headrace.function.TerminalFailure;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;

/** Sends words on to a stream, and those it does not like to a stream of dead letters. */
final class Relaying implements RecordFunction<Relaying.Word, Relaying.Word> {
  record Word(String text) {}

  @Override
  public void handle(Event<Word> event, Output<Word> out) {
    if (event.value().text().isEmpty()) {
      throw new TerminalFailure("Empty", "a word without letters");
    }
    out.send(event.value());
  }

  static FunctionSpec<Word, Word> spec() {
    return FunctionSpec.named("relaying")
        .reading(Input.of(StreamSource.kinesis("words"), Json.of(Word.class)))
        .retrying(RetryPolicy.upTo(1).thenSendTo(DeadLetters.toStream("letters")))
        .handledBy(
            Relaying::new, Destination.stream("relayed", Json.of(Word.class), word -> word.text()));
  }
}
