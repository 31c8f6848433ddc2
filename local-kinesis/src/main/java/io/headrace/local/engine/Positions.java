package io.headrace.local.engine;

import io.headrace.local.log.OldSequenceNumber;
import io.headrace.local.log.SequenceNumber;
import io.headrace.local.log.StoredRecord;
import java.util.List;
import java.util.Optional;

/** Where in a shard reading starts, and how far behind its end that is. Pure. */
final class Positions {
  private Positions() {}

  /** The position in the shard's log that a start means, or the service's error. */
  static long of(StartFrom start, Shard shard, StreamKey key, long nowMillis) {
    if (start instanceof StartFrom.TrimHorizon) {
      return 0;
    }
    if (start instanceof StartFrom.Latest) {
      return shard.log().end();
    }
    if (start instanceof StartFrom.At at) {
      return notBefore(parse(at.number(), shard, key), shard);
    }
    if (start instanceof StartFrom.After after) {
      long order = parse(after.number(), shard, key).order();
      return order == SequenceNumber.ORDER_MAX ? order : order + 1;
    }
    long millis = ((StartFrom.Time) start).millis();
    if (millis > nowMillis) {
      throw KinesisError.invalidArgument(
          ("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
                  + "timestampInMillis: %d, currentTimestampInMillis: %d")
              .formatted(millis, nowMillis));
    }
    return shard.log().positionAt(millis);
  }

  /** How long ago the last of some records came, when more records follow them. */
  static long behind(List<StoredRecord> records, long nowMillis) {
    // Not 0, which says that there is nothing left to read.
    return Math.max(1, nowMillis - records.get(records.size() - 1).arrivalMillis());
  }

  // The number that a subscriber continues from has the last record's order and a later time.
  private static long notBefore(SequenceNumber number, Shard shard) {
    List<StoredRecord> found = shard.log().read(number.order(), 1, 1);
    boolean passed =
        !found.isEmpty()
            && found.get(0).order() == number.order()
            && found.get(0).sequenceNumber().seconds() < number.seconds();
    return passed ? number.order() + 1 : number.order();
  }

  private static SequenceNumber parse(String number, Shard shard, StreamKey key) {
    String use =
        "StartingSequenceNumber %s used in GetShardIterator on shard %s in %s is invalid"
            .formatted(OldSequenceNumber.inSentence(number), shard.id(), key.inSentence());
    Optional<SequenceNumber> parsed = SequenceNumber.parse(number);
    int encoded =
        parsed
            .map(SequenceNumber::shardIndex)
            .or(() -> OldSequenceNumber.parse(number).map(OldSequenceNumber::shardIndex))
            .orElseThrow(() -> KinesisError.invalidArgument(use + "."));
    if (encoded != shard.index()) {
      throw KinesisError.invalidArgument(
          ("Invalid StartingSequenceNumber. It encodes %s, "
                  + "while it was used in a call to a shard with %s")
              .formatted(Shard.id(encoded), shard.id()));
    }
    return parsed
        .filter(known -> known.shardCreatedSeconds() == shard.start().shardCreatedSeconds())
        .orElseThrow(
            () -> KinesisError.invalidArgument(use + " because it did not come from this stream."));
  }
}
