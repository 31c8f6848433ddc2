package io.headrace.checkpoint;

import io.headrace.kcl.Position;
import io.headrace.kcl.StableCopy;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;

/**
 * A record that a function could not handle, as the {@link LetterLedger} keeps it until it is
 * handled after all. Without its payload, which is fetched by itself. Immutable.
 *
 * @param key the record's partition key
 * @param arrivedAt when the stream took the record
 * @param failedAt when it was given up, by the clock of the worker
 * @param attempts 0 for a record that the function was never asked about
 * @param code groups letters
 * @param cause the exception's class
 * @param headers of the record: all, or the shortest of them, up to {@link #HEADER_BYTES_MAX}
 * @param payloadBytes how many the record has
 * @param epoch of the lease under which the letter was entered
 * @param order the redrive that played it last; 0 when none has
 */
public record Letter(
    Id id,
    String key,
    Instant arrivedAt,
    Instant failedAt,
    int attempts,
    String code,
    String cause,
    Map<String, String> headers,
    int payloadBytes,
    long epoch,
    long order) {
  /** Names and values in UTF-8; a store's items have bounds, and so have a batch of them. */
  public static final int HEADER_BYTES_MAX = 16 << 10;

  public Letter {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(arrivedAt, "arrivedAt");
    Objects.requireNonNull(failedAt, "failedAt");
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(cause, "cause");
    headers = StableCopy.of(headers);
  }

  /**
   * Names a letter: a record has at most one for each function.
   *
   * @param place the function, and the shard in which the record lay
   */
  public record Id(ProgressKey place, Position position) {
    public Id {
      Objects.requireNonNull(place, "place");
      Objects.requireNonNull(position, "position");
    }

    /** {@code stream@seconds/shard!function!sequence:sub}. */
    @Override
    public String toString() {
      return place.key() + "!" + position;
    }

    /** Reads what {@link #toString} wrote; names of functions hold no {@code !}. */
    public static Id parse(String text) {
      int bang = text.lastIndexOf('!');
      if (bang < 0) {
        throw new IllegalArgumentException(
            "letter \"" + text + "\": must be stream@seconds/shard!function!sequence:sub");
      }
      return new Id(
          ProgressKey.parse(text.substring(0, bang)), Position.parse(text.substring(bang + 1)));
    }
  }
}
