package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.kinesis.RecordForm.Unknown;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Texts are gone through eight bytes at a time; here they are, one by one. */
class JsonBytesTest {
  private static final class Json extends JsonBytes {
    Json(byte[] bytes, int from, int to) {
      super(bytes, from, to);
    }
  }

  @Test
  void a_text_ends_at_its_first_quote_that_is_not_escaped_whatever_bytes_are_in_it() {
    long seed = 20_261_140;
    for (int round = 0; round < 20_000; round++) {
      var random = new Random(seed + round);
      byte[] bytes = bytes(random);
      int from = random.nextInt(9);
      int to = from + 1 + random.nextInt(bytes.length - from);
      bytes[from] = '"';

      assertThat(passed(bytes, from, to))
          .as("seed %d", seed + round)
          .isEqualTo(endOneByOne(bytes, from, to));
    }
  }

  /** Many that are near to a quote or a backslash by one bit, and any others. */
  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[10 + random.nextInt(60)];
    random.nextBytes(bytes);
    boolean isDense = random.nextBoolean();
    for (int i = 0; i < bytes.length; i++) {
      int special = random.nextBoolean() ? '"' : '\\';
      boolean isPlain = bytes[i] == '"' || bytes[i] == '\\';
      if (random.nextInt(isDense ? 6 : 60) == 0) {
        bytes[i] = (byte) special;
      } else if (isPlain || random.nextInt(3) == 0) {
        bytes[i] = (byte) (special ^ (1 << random.nextInt(8)));
      }
    }
    return bytes;
  }

  /** Where it goes on behind the text; -1 when the text has no end. */
  private static int passed(byte[] bytes, int from, int to) {
    var json = new Json(bytes, from, to);
    try {
      boolean isPlain = json.passText();
      boolean hasEscape = false;
      for (byte each : Arrays.copyOfRange(bytes, json.textFrom, json.textTo)) {
        hasEscape |= each == '\\';
      }
      assertThat(isPlain).isEqualTo(!hasEscape);
      return json.at;
    } catch (Unknown unknown) {
      return -1;
    }
  }

  private static int endOneByOne(byte[] bytes, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      if (bytes[i] == '"') {
        return i + 1;
      }
      i += bytes[i] == '\\' ? 1 : 0;
    }
    return -1;
  }
}
