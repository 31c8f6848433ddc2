package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A record that can't be handled, as it lies in a dead-letter sink: one JSON object with these
 * fields.
 *
 * @param id {@code stream/shard/sequence:sub}
 * @param code groups letters; {@code Undecodable} for a payload that the codec refused, {@code
 *     Unparsable} for one that a filter can't read, {@code Misrouted} and {@code ForeignKey} for a
 *     record in a shard where it does not belong; {@code OutputRefused} for what is no record but
 *     an output that its destination never takes: its id, key and bytes
 * @param cause the exception's class
 * @param message of the exception; may quote the payload, as the letter holds it anyway
 * @param attempts 0 for a record that the function was never asked about
 * @param payload base64
 * @param leftOut why the payload is not here, and where it is; null when it is
 */
public record DeadLetter(
    String function,
    String id,
    String partitionKey,
    Instant arrivedAt,
    Instant failedAt,
    int attempts,
    String code,
    String cause,
    String message,
    String payload,
    @Nullable String leftOut)
    implements SinkLetter {
  /** This one and the next are none, by Unicode. */
  private static final char NO_CHARACTER = '\uFFFE';

  /** A letter with its payload. */
  public DeadLetter(
      String function,
      String id,
      String partitionKey,
      Instant arrivedAt,
      Instant failedAt,
      int attempts,
      String code,
      String cause,
      String message,
      String payload) {
    this(
        function,
        id,
        partitionKey,
        arrivedAt,
        failedAt,
        attempts,
        code,
        cause,
        message,
        payload,
        null);
  }

  /** The record's bytes. */
  public byte[] payloadBytes() {
    return Base64.getDecoder().decode(payload);
  }

  /**
   * The same without its payload.
   *
   * @param why and where it is
   */
  public DeadLetter without(String why) {
    return new DeadLetter(
        function, id, partitionKey, arrivedAt, failedAt, attempts, code, cause, message, "", why);
  }

  /**
   * One line of JSON; where that would be longer than a sink takes, without the payload, which lies
   * in the ledger as well.
   *
   * @param bytesMax of UTF-8
   */
  @Override
  public byte[] json(int bytesMax) {
    byte[] whole = payload.length() <= bytesMax ? toJson().getBytes(UTF_8) : new byte[0];
    if (whole.length > 0 && whole.length <= bytesMax) {
      return whole;
    }
    int bytes = payload.length() / 4 * 3;
    if (code.equals(RefusedOutput.CODE)) {
      throw new IllegalArgumentException(
          "output "
              + id
              + ", which its destination refuses, has about "
              + bytes
              + " bytes, and its letter would be larger than the "
              + bytesMax
              + " bytes that this sink takes; it lies nowhere else, so it waits: put dead letters"
              + " into files or a bucket");
    }
    return without(
            "a payload of about "
                + bytes
                + " bytes makes the letter larger than the "
                + bytesMax
                + " bytes that its sink takes; it lies in the table of the application, and"
                + " headrace redrive plays it")
        .toJson()
        .getBytes(UTF_8);
  }

  /** One line of JSON. Written by hand: this package knows no JSON library. */
  String toJson() {
    var json = new StringBuilder(payload.length() + 400).append('{');
    field(json, "function", function);
    field(json, "id", id);
    field(json, "partitionKey", partitionKey);
    field(json, "arrivedAt", arrivedAt.toString());
    field(json, "failedAt", failedAt.toString());
    json.append("\"attempts\":").append(attempts).append(',');
    field(json, "code", code);
    field(json, "cause", cause);
    field(json, "message", message);
    field(json, "payload", payload);
    if (leftOut != null) {
      field(json, "leftOut", leftOut);
    }
    json.setCharAt(json.length() - 1, '}');
    return json.toString();
  }

  static void field(StringBuilder json, String name, String value) {
    json.append('"').append(name).append("\":");
    quote(json, value);
    json.append(',');
  }

  /** Appends a JSON string of characters that XML knows, too: queues take no others. */
  static void quote(StringBuilder json, String value) {
    json.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < 0x20 || c >= NO_CHARACTER || Character.isSurrogate(c)) {
        json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }
}
