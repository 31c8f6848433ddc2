package io.headrace.checkpoint.kcl;

/**
 * How the library names one of several streams: {@code account:name:epoch}.
 *
 * @param account 12 digits
 * @param epoch the stream's creation in seconds since 1970; the library takes any number from its
 *     user
 */
public record KclStream(String account, String name, long epoch) {
  private static final int PARTS = 3;

  /** Reads {@code account:name:epoch}. */
  static KclStream parse(String text) {
    var parts = text.split(":", -1);
    if (parts.length != PARTS || parts[1].isEmpty() || !isNumber(parts[2])) {
      throw new IllegalArgumentException("must be account:stream:epoch");
    }
    return new KclStream(parts[0], parts[1], Long.parseLong(parts[2]));
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(Character::isDigit);
  }

  @Override
  public String toString() {
    return account + ":" + name + ":" + epoch;
  }
}
