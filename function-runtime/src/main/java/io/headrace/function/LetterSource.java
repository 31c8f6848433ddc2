package io.headrace.function;

import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;

/** Something that may end in a dead letter. */
interface LetterSource {
  /** How often it was begun. */
  int attempts();

  /** What a dead letter needs of the record; off the worker loop. */
  Remains remains() throws Exception;

  /** What lies in a dead letter beside the failure. */
  record Remains(String id, String partitionKey, Instant arrivedAt, String payload) {
    static Remains of(EventId id, StreamRecord record) throws IOException {
      return new Remains(
          id.toString(),
          record.key().text(),
          record.arrivedAt(),
          Base64.getEncoder().encodeToString(record.payload().bytes()));
    }
  }
}
