package io.headrace.checkpoint.dynamo;

import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.SequenceNumber;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Many ranges in few bytes: each position as its distance from the one before it. Kinesis numbers
 * records in steps of 2^80 while the second of their arrival is the same, so that a record's number
 * shares no digit with its neighbour's that text could leave out, and a distance in steps takes one
 * byte. Which step that is is found anew for each list, so other numbers do no worse than whole
 * distances. Pure.
 *
 * <p>The bytes: a version; two shifts, {@code step} and {@code fine}; then for each range its first
 * and its last position. A position is a number whose two lowest bits are flags and the others the
 * distance of its sequence number, shifted right by {@code fine} if {@link #FINE} is set, else by
 * {@code step}. With {@link #SUB} a number follows: the sub-sequence, or how far it rose where the
 * sequence number is the same. Numbers have seven bits a byte, the lowest first, and {@link #MORE}
 * in all but the last.
 */
final class DenseRanges {
  private static final int VERSION = 1;
  private static final int FINE = 1;
  private static final int SUB = 2;
  private static final int FLAG_BITS = 2;

  private static final int MORE = 0x80;
  private static final int BITS = 7;

  /** More than any sequence number has; what claims more is no number of ours. */
  private static final int BITS_MAX = 512;

  private static final Position ZERO = Position.of(0);

  private DenseRanges() {}

  /** A position, seen from the one before it. */
  private record Step(BigInteger distance, long sub) {
    static Step between(Position before, BigInteger beforeNumber, Position to, BigInteger number) {
      var distance = number.subtract(beforeNumber);
      long from = distance.signum() == 0 ? before.subSequence() : 0;
      long sub = to.subSequence() - from;
      if (distance.signum() < 0 || sub < 0) {
        throw new IllegalArgumentException("position " + to + " follows " + before);
      }
      return new Step(distance, sub);
    }

    int zeros() {
      return distance.getLowestSetBit();
    }
  }

  static byte[] of(Progress progress) {
    var steps = steps(progress);
    int fine =
        steps.stream().filter(s -> s.distance.signum() > 0).mapToInt(Step::zeros).min().orElse(0);
    int step = bestShift(steps, fine);
    var to = new ByteArrayOutputStream();
    to.write(VERSION);
    write(to, BigInteger.valueOf(step));
    write(to, BigInteger.valueOf(fine));
    for (var each : steps) {
      boolean inSteps = fits(each, step);
      int flags = (inSteps ? 0 : FINE) | (each.sub == 0 ? 0 : SUB);
      var shifted = each.distance.shiftRight(inSteps ? step : fine);
      write(to, shifted.shiftLeft(FLAG_BITS).or(BigInteger.valueOf(flags)));
      if (each.sub != 0) {
        write(to, BigInteger.valueOf(each.sub));
      }
    }
    return to.toByteArray();
  }

  private static List<Step> steps(Progress progress) {
    var steps = new ArrayList<Step>(2 * progress.ranges().size());
    var before = progress.through().orElse(ZERO);
    var beforeNumber = numberOf(before);
    for (var range : progress.ranges()) {
      for (var position : List.of(range.first(), range.last())) {
        boolean same = position.sequence().equals(before.sequence());
        var number = same ? beforeNumber : numberOf(position);
        steps.add(Step.between(before, beforeNumber, position, number));
        before = position;
        beforeNumber = number;
      }
    }
    return steps;
  }

  /** Of the shifts that some distance bears, the one with which all take the fewest bytes. */
  private static int bestShift(List<Step> steps, int fine) {
    return steps.stream()
        .filter(each -> each.distance.signum() > 0)
        .map(Step::zeros)
        .distinct()
        .min(
            (one, other) ->
                Long.compare(bytesWith(steps, one, fine), bytesWith(steps, other, fine)))
        .orElse(fine);
  }

  private static long bytesWith(List<Step> steps, int shift, int fine) {
    long bytes = 0;
    for (var each : steps) {
      int bits = each.distance.bitLength() - (fits(each, shift) ? shift : fine) + FLAG_BITS;
      bytes += (bits + BITS - 1) / BITS;
    }
    return bytes;
  }

  private static boolean fits(Step step, int shift) {
    return step.distance.signum() == 0 || step.zeros() >= shift;
  }

  /**
   * Reads what {@link #of} wrote.
   *
   * @throws IllegalArgumentException when these are no such bytes
   */
  static Progress toProgress(Optional<Position> through, byte[] bytes) {
    var from = new Reader(bytes);
    int version = bytes.length == 0 ? -1 : from.next();
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "ranges of version " + version + ": only " + VERSION + " can be read");
    }
    int step = from.shift();
    int fine = from.shift();
    var ranges = new ArrayList<Progress.Range>();
    var before = through.orElse(ZERO);
    while (from.hasMore()) {
      var first = from.position(before, step, fine);
      before = from.position(first, step, fine);
      ranges.add(new Progress.Range(first, before));
    }
    return new Progress(through, ranges);
  }

  private static BigInteger numberOf(Position position) {
    return new BigInteger(position.sequence().value());
  }

  private static void write(ByteArrayOutputStream to, BigInteger number) {
    var rest = number;
    while (rest.bitLength() > BITS) {
      to.write((rest.intValue() & (MORE - 1)) | MORE);
      rest = rest.shiftRight(BITS);
    }
    to.write(rest.intValue());
  }

  private static final class Reader {
    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    boolean hasMore() {
      return at < bytes.length;
    }

    int next() {
      if (!hasMore()) {
        throw new IllegalArgumentException("ranges end within a number, after " + at + " bytes");
      }
      return bytes[at++] & 0xff;
    }

    Position position(Position before, int step, int fine) {
      var number = number();
      int flags = number.intValue();
      int shift = (flags & FINE) == 0 ? step : fine;
      var distance = number.shiftRight(FLAG_BITS).shiftLeft(shift);
      long sub = (flags & SUB) == 0 ? 0 : longOf(number());
      if (distance.signum() == 0) {
        return new Position(before.sequence(), before.subSequence() + sub);
      }
      return new Position(new SequenceNumber(numberOf(before).add(distance).toString()), sub);
    }

    int shift() {
      long shift = longOf(number());
      if (shift >= BITS_MAX) {
        throw new IllegalArgumentException("ranges in steps of 2^" + shift + ": at most 2^511");
      }
      return (int) shift;
    }

    private static long longOf(BigInteger number) {
      if (number.bitLength() >= Long.SIZE) {
        throw new IllegalArgumentException(
            "ranges hold a number of " + number.bitLength() + " bits");
      }
      return number.longValue();
    }

    private BigInteger number() {
      var number = BigInteger.ZERO;
      int shift = 0;
      int next;
      do {
        if (shift > BITS_MAX) {
          throw new IllegalArgumentException("ranges hold a number that has no end, at byte " + at);
        }
        next = next();
        number = number.or(BigInteger.valueOf(next & (MORE - 1)).shiftLeft(shift));
        shift += BITS;
      } while ((next & MORE) != 0);
      return number;
    }
  }
}
