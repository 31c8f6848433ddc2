package io.headrace.function;

import java.time.Instant;
import java.util.Base64;
import java.util.Locale;

/**
 * A record that can't be handled, as it lies in a dead-letter sink: one JSON object with these
 * fields.
 *
 * @param id {@code stream/shard/sequence:sub}
 * @param code groups letters; {@code Undecodable} for a payload that the codec refused, {@code
 *     Unparsable} for one that a filter can't read, {@code Misrouted} and {@code ForeignKey} for a
 *     record in a shard where it does not belong
 * @param cause the exception's class
 * @param message of the exception; may quote the payload, as the letter holds it anyway
 * @param attempts 0 for a record that the function was never asked about
 * @param payload base64
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
    String payload) {

  /** The record's bytes. */
  public byte[] payloadBytes() {
    return Base64.getDecoder().decode(payload);
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
    json.setCharAt(json.length() - 1, '}');
    return json.toString();
  }

  private static void field(StringBuilder json, String name, String value) {
    json.append('"').append(name).append("\":");
    quote(json, value);
    json.append(',');
  }

  /** Appends a JSON string. */
  static void quote(StringBuilder json, String value) {
    json.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < 0x20 || Character.isSurrogate(c)) {
        json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }
}
