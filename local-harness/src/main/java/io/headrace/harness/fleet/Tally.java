package io.headrace.harness.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.Codec;
import java.util.HexFormat;
import java.util.function.IntConsumer;

/**
 * What the keyed function of {@link TimedWorkload} keeps of a key.
 *
 * @param chain of the numbers of all records in the order in which they were handled
 * @param count how many records were handled
 * @param fired how many timers
 * @param firedSum of all timers that fired, in whatever order
 */
record Tally(long chain, long count, long fired, long firedSum) {
  /** More than a commit has room for. */
  private static final int LARGE_CHARS = 6_000;

  /** A state grows and shrinks: it is large for half of so many records. */
  private static final int GROWN_EVERY = 16;

  /** Each char of the filling hangs on the state, so that pieces of two states are no state. */
  private static final int CHARS_OF_A_WORD = 16;

  Tally with(long number) {
    return new Tally(chained(chain, number), count + 1, fired, firedSum);
  }

  Tally fired(String timer) {
    return new Tally(chain, count, fired + 1, firedSum + sumOf(timer));
  }

  static Tally none(String key) {
    return new Tally(mix(key.hashCode()), 0, 0, 0);
  }

  static long chained(long chain, long number) {
    return mix(chain * 31 + number);
  }

  static long sumOf(String timer) {
    return mix(timer.hashCode());
  }

  /** Spreads a number over all bits (the finalizer of SplitMix64). */
  static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  /**
   * Refuses what is not one whole state, and states of a newer version than its own.
   *
   * @param version of the deployment; each writes those before it, too
   * @param wrote told of each version that is written
   */
  record Versioned(int version, IntConsumer wrote) implements Codec<Tally> {
    @Override
    public Tally decode(byte[] bytes, int of) {
      var text = new String(bytes, UTF_8);
      if (of > version) {
        throw new CodecRoll.TooNew(of, version);
      }
      var words = text.substring(2).split(" ", 5);
      var read =
          new Tally(
              Long.parseLong(words[0]),
              Long.parseLong(words[1]),
              Long.parseLong(words[2]),
              Long.parseLong(words[3]));
      if (!text.equals(read.text(of))) {
        throw new IllegalArgumentException("state: is cut short, or put together");
      }
      return read;
    }

    @Override
    public byte[] encode(Tally value) {
      return encode(value, version);
    }

    @Override
    public byte[] encode(Tally value, int as) {
      wrote.accept(as);
      return value.text(as).getBytes(UTF_8);
    }

    @Override
    public int oldestWritten() {
      return CodecRoll.FORMER;
    }
  }

  private String text(int version) {
    boolean large = count % GROWN_EVERY >= GROWN_EVERY / 2;
    var text = new StringBuilder(large ? LARGE_CHARS + 128 : 128);
    text.append(version)
        .append(' ')
        .append(chain)
        .append(' ')
        .append(count)
        .append(' ')
        .append(fired)
        .append(' ');
    text.append(firedSum).append(' ');
    long word = chain + firedSum;
    for (int i = 0; large && i < LARGE_CHARS; i += CHARS_OF_A_WORD) {
      word = mix(word + i + 1);
      text.append(HexFormat.of().toHexDigits(word));
    }
    return text.toString();
  }
}
