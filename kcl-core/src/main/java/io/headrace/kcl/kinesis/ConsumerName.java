package io.headrace.kcl.kinesis;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which registered consumer reads by enhanced fan-out: a name, to be registered where it is not, or
 * the ARN of one that exists.
 *
 * @param arn null where only a name is given
 */
record ConsumerName(String name, @Nullable String arn) {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,128}");
  private static final Pattern ARN =
      Pattern.compile(
          "(arn:[a-z-]+:kinesis:[a-z0-9-]*:\\d{12}:stream/([a-zA-Z0-9_.-]+))"
              + "/consumer/([a-zA-Z0-9_.-]+):\\d+");

  /**
   * Reads a name or an ARN.
   *
   * @throws IllegalArgumentException when it is neither; says what is allowed
   */
  static ConsumerName parse(String text) {
    if (!text.startsWith("arn:")) {
      if (!NAME.matcher(text).matches()) {
        throw new IllegalArgumentException(
            "consumer \""
                + text
                + "\": must be 1 to 128 letters, digits, '_', '.' and '-', or the ARN of a"
                + " registered consumer");
      }
      return new ConsumerName(text, null);
    }
    var matcher = ARN.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "consumer \""
              + text
              + "\": an ARN must read"
              + " arn:aws:kinesis:REGION:ACCOUNT:stream/STREAM/consumer/NAME:TIMESTAMP");
    }
    return new ConsumerName(matcher.group(3), text);
  }

  /** The consumer's name in an ARN, for messages; the ARN itself where it is none. */
  static String ofArn(String arn) {
    var matcher = ARN.matcher(arn);
    return matcher.matches() ? matcher.group(3) : arn;
  }

  /** Whether it can read this stream: a name can read any. */
  boolean isOfStream(String stream) {
    if (arn == null) {
      return true;
    }
    var matcher = ARN.matcher(arn);
    return matcher.matches() && matcher.group(2).equals(stream);
  }

  /** The same by the stream's own ARN, which knows account and region too. */
  boolean isOf(String streamArn) {
    if (arn == null) {
      return true;
    }
    var matcher = ARN.matcher(arn);
    return matcher.matches() && matcher.group(1).equals(streamArn);
  }
}
