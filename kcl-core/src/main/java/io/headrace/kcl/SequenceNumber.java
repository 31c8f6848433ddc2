package io.headrace.kcl;

/**
 * A record's place in its shard: a decimal number of up to 129 digits (Kinesis), an offset (Kafka)
 * or a fragment number (video), comparable within one shard only. Kept as text, since it arrives
 * and leaves as text; longer is larger, and only numbers of one length are compared digit by digit.
 *
 * @param value decimal digits without leading zeros
 */
public record SequenceNumber(String value) implements Comparable<SequenceNumber> {
  public SequenceNumber {
    if (!isCanonical(value)) {
      throw new IllegalArgumentException(
          "sequence number \"" + value + "\": must be decimal digits without leading zeros");
    }
  }

  public static SequenceNumber of(long value) {
    return new SequenceNumber(Long.toString(value));
  }

  @Override
  public int compareTo(SequenceNumber other) {
    int byLength = Integer.compare(value.length(), other.value.length());
    return byLength != 0 ? byLength : value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }

  private static boolean isCanonical(String text) {
    if (text.isEmpty() || (text.charAt(0) == '0' && text.length() > 1)) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }
}
