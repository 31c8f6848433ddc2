package io.headrace.function;

import io.headrace.function.through.Envelope.Partial;
import io.headrace.kcl.StreamRecord;
import java.time.Instant;
import java.util.List;

/** A record on its way to admission into windows, once all of the user's code for it has run. */
sealed interface Arrived<I> {
  StreamRecord record();

  /** It belongs to these windows of a key. */
  record Found<I>(
      StreamRecord record, Decoder.Decoded<I> decoded, StateKey key, List<Windows.Span> spans)
      implements Arrived<I> {}

  /** It stands for several of them: their sum belongs to these windows of a key. */
  record Summed<I>(StreamRecord record, Partial partial, StateKey key, List<Windows.Span> spans)
      implements Arrived<I> {}

  /**
   * It says up to which event time all is read.
   *
   * @param watermark {@link Instant#MAX} when nothing more comes
   */
  record End<I>(StreamRecord record, Instant watermark) implements Arrived<I> {}

  record Faulty<I>(StreamRecord record, Throwable fault) implements Arrived<I> {}
}
