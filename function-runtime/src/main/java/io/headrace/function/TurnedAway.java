package io.headrace.function;

import io.headrace.kcl.StreamRecord;

/** A record that its function was never asked about, on its way to the dead letters. */
record TurnedAway(StreamRecord record, EventId id) implements LetterSource {
  /** No attempt was made. */
  @Override
  public int attempts() {
    return 0;
  }

  @Override
  public Remains remains() throws Exception {
    return Remains.of(id, record);
  }
}
