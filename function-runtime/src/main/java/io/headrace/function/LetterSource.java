package io.headrace.function;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Something that may end in a dead letter. */
interface LetterSource {
  /** How often it was begun. */
  int attempts();

  /** In which shard its record lies, when that is another one than the run's. */
  default @Nullable ShardKey origin() {
    return null;
  }

  /** Whether its payload was read from the input, and not made by the function. */
  default boolean isOfInput() {
    return true;
  }

  /** What a dead letter needs of the record; off the worker loop. */
  Remains remains() throws Exception;

  /**
   * What lies in a dead letter beside the failure.
   *
   * @param record empty for what is none, such as a window; then nothing can be played again
   */
  record Remains(
      String id,
      String partitionKey,
      Instant arrivedAt,
      byte[] payload,
      Optional<StreamRecord> record) {
    static Remains of(EventId id, StreamRecord record) throws IOException {
      return new Remains(
          id.toString(),
          record.key().text(),
          record.arrivedAt(),
          record.payload().bytes(),
          Optional.of(record));
    }
  }
}
