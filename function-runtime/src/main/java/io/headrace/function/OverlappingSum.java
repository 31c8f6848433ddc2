package io.headrace.function;

import io.headrace.function.through.Envelope.Partial;
import io.headrace.kcl.StreamRecord;
import java.util.Optional;

/**
 * A partial sum of records of which some were counted before, and some were not: adding it would
 * count those twice. Where a worker that had lost its shard has put it, the others come by
 * themselves. It can't be played again.
 */
record OverlappingSum(StreamRecord record, Partial partial, EventId id) implements LetterSource {
  static final String CODE = "OverlappingSum";

  static TerminalFailure failure(Partial partial) {
    return new TerminalFailure(
        CODE,
        "some of the "
            + partial.places().size()
            + " records of a partial sum were counted before. Where a worker had lost its shard the"
            + " others are counted by themselves; where the function was begun anew over a"
            + " through-stream that it had used before they are not: delete that stream, too");
  }

  @Override
  public int attempts() {
    return 0;
  }

  @Override
  public Remains remains() {
    return new Remains(
        id.toString(), record.key().text(), record.arrivedAt(), partial.sum(), Optional.empty());
  }
}
