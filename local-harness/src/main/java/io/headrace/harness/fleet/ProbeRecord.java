package io.headrace.harness.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.Codec;
import java.util.Arrays;

/**
 * What a simulated producer puts.
 *
 * @param number of the record among those of its key, from 1
 */
record ProbeRecord(String key, long number, Fate fate) {
  /** What becomes of a record in the end, whoever handles it. */
  enum Fate {
    /** It is handled, after some failures perhaps. */
    GOOD,
    /** The function refuses it for good. */
    POISON,
    /** It can't be decoded. */
    GARBAGE,
    /** Only the user whose function it is can tell. */
    OWN,
    /** The first stage of a function has put it, for the second to read. */
    CARRIED
  }

  /** As text, filled up with blanks; garbage is refused. */
  record Padded(int paddedTo) implements Codec<ProbeRecord> {
    @Override
    public ProbeRecord decode(byte[] bytes, int version) {
      var words = new String(bytes, UTF_8).trim().split(" ", 3);
      var fate = Fate.valueOf(words[2]);
      if (fate == Fate.GARBAGE) {
        throw new IllegalArgumentException("fate: is garbage");
      }
      return new ProbeRecord(words[0], Long.parseLong(words[1]), fate);
    }

    @Override
    public byte[] encode(ProbeRecord value) {
      var text = (value.key() + " " + value.number() + " " + value.fate()).getBytes(UTF_8);
      var bytes = Arrays.copyOf(text, Math.max(text.length, paddedTo));
      Arrays.fill(bytes, text.length, bytes.length, (byte) ' ');
      return bytes;
    }
  }
}
