package io.headrace.harness.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.Codec;
import java.time.Duration;
import java.time.Instant;

/**
 * What the producer of {@link TimedWorkload} puts: a record that knows when it happened.
 *
 * @param place of the record in the whole stream, from 1
 * @param number of the record among those of its key, from 1
 */
record TimedRecord(String key, long number, long place) {
  private static final Duration BETWEEN = Duration.ofMillis(500);

  /** Records come so much out of order at most that some of them are late. */
  private static final int JITTER_MILLIS_MAX = 12_000;

  static final Codec<TimedRecord> CODEC =
      new Codec<>() {
        @Override
        public TimedRecord decode(byte[] bytes, int version) {
          var words = new String(bytes, UTF_8).split(" ", 3);
          return new TimedRecord(words[0], Long.parseLong(words[1]), Long.parseLong(words[2]));
        }

        @Override
        public byte[] encode(TimedRecord value) {
          return (value.key + " " + value.number + " " + value.place).getBytes(UTF_8);
        }
      };

  Instant time() {
    return timeAt(place);
  }

  /** When the record at this place happened: known to everybody without reading it. */
  static Instant timeAt(long place) {
    long jitter = Math.floorMod(Tally.mix(place), JITTER_MILLIS_MAX);
    return FleetWorld.BEGIN.plus(BETWEEN.multipliedBy(place)).minusMillis(jitter);
  }
}
