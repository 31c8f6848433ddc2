package io.headrace.harness.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.Codec;
import io.headrace.kcl.StableCopy;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the keyed function of {@link AcrossWorkload} keeps of a key: records of one partition key
 * come in their order, those of several in none.
 *
 * @param last by partition key, the place of the last record
 * @param sum of all records, in whatever order
 * @param fired how many timers, and the sum of them
 */
record Ledger(Map<String, Long> last, long count, long sum, long fired, long firedSum) {
  static final Ledger NONE = new Ledger(Map.of(), 0, 0, 0, 0);

  static final Codec<Ledger> CODEC =
      new Codec<>() {
        @Override
        public Ledger decode(byte[] bytes, int version) {
          var words = new String(bytes, UTF_8).split(" ", -1);
          var last = new TreeMap<String, Long>();
          for (int i = 4; i < words.length; i += 2) {
            last.put(words[i], Long.parseLong(words[i + 1]));
          }
          return new Ledger(
              last,
              Long.parseLong(words[0]),
              Long.parseLong(words[1]),
              Long.parseLong(words[2]),
              Long.parseLong(words[3]));
        }

        @Override
        public byte[] encode(Ledger value) {
          var text = new StringBuilder();
          text.append(value.count).append(' ').append(value.sum).append(' ');
          text.append(value.fired).append(' ').append(value.firedSum);
          value.last.forEach(
              (key, place) -> text.append(' ').append(key).append(' ').append(place));
          return text.toString().getBytes(UTF_8);
        }
      };

  Ledger {
    last = StableCopy.of(last);
  }

  Ledger with(String partitionKey, long place) {
    var next = new TreeMap<>(last);
    next.put(partitionKey, place);
    return new Ledger(next, count + 1, sum + Tally.mix(place), fired, firedSum);
  }

  Ledger fired(String timer) {
    return new Ledger(last, count, sum, fired + 1, firedSum + Tally.sumOf(timer));
  }
}
