package io.headrace.kcl.kinesis;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;

/** Messages of event streams, sound and odd ones, drawn from a seed. */
final class EventBytes {
  private static final List<String> KEYS =
      List.of(
          "key",
          "",
          "schlüssel",
          "鍵",
          "😀",
          "a\\u00e9\\n\\\"\\\\\\/b",
          "\\ud83d\\ude00",
          "\\ud83d",
          "not \uFFFD replaced",
          "x".repeat(256));

  private static final List<String> TIMES =
      List.of(
          "1769044922.007",
          "1769044922",
          "1.769044922007E9",
          "1.769044922e+9",
          "17690449220070e-4",
          "0",
          "0.0015",
          "1769044922.0079",
          "null");

  private static final List<String> ODD_TIMES =
      List.of(
          "-5.5", "\"1769044922.007\"", "1769044922.00700000000000", "1e400", "01", "1.", "true");

  private static final List<String> ODD_TEXTS =
      List.of(
          "null", "5", "[]", "{}", "\"\\x\"", "\"\\u12\"", "\"\u0001\"", "true", "\"not base64!\"");

  private static final List<String> ODD_CONTINUATIONS =
      List.of(
          "null",
          "\"\"",
          "\"4\\u0039\"",
          "\"4\\/9\"",
          "\"über\"",
          "\"1\",\"ContinuationSequenceNumber\":\"2\"",
          "\"1\",\"Continuation\\u0053equenceNumber\":\"2\"",
          "5");

  private static final List<String> ODD_MILLIS =
      List.of(
          "null",
          "-7",
          "0",
          "5.0",
          "5.5",
          "1e3",
          "\"5\"",
          "007",
          "9223372036854775807",
          "9223372036854775808",
          "5,\"MillisBehindLatest\":6",
          "true");

  private static final List<String> ODD_DATA =
      List.of(
          "\"QQ\"",
          "\"QUI=\"",
          "\"QR==\"",
          "\"QQ=\"",
          "\"Q\"",
          "\"+\\/8=\"",
          "\"\\u0051Q==\"",
          "\"QQ==QQ==\"");

  private final Random random;

  EventBytes(Random random) {
    this.random = random;
  }

  static byte[] initialResponse() {
    return message(Map.of(":message-type", "event", ":event-type", "initial-response"), "{}");
  }

  static byte[] event(String json) {
    return message(
        Map.of(
            ":message-type", "event",
            ":event-type", "SubscribeToShardEvent",
            ":content-type", "application/json"),
        json);
  }

  static byte[] exception(String type) {
    return message(
        Map.of(":message-type", "exception", ":exception-type", type), "{\"message\":\"no more\"}");
  }

  static byte[] message(Map<String, String> headers, String payload) {
    var head = new ByteArrayOutputStream();
    new TreeMap<>(headers)
        .forEach(
            (name, value) -> {
              byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
              head.write(name.length());
              head.writeBytes(name.getBytes(StandardCharsets.UTF_8));
              head.write(7);
              head.write(bytes.length >> 8);
              head.write(bytes.length);
              head.writeBytes(bytes);
            });
    return message(head.toByteArray(), payload.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] message(byte[] headers, byte[] payload) {
    int length = 12 + headers.length + payload.length + 4;
    var message = ByteBuffer.allocate(length).putInt(length).putInt(headers.length);
    message.putInt(checkOf(message.array(), 8)).put(headers).put(payload);
    return message.putInt(checkOf(message.array(), length - 4)).array();
  }

  private static int checkOf(byte[] bytes, int length) {
    var check = new CRC32();
    check.update(bytes, 0, length);
    return (int) check.getValue();
  }

  /** What the service sends, or a later version of it might. */
  byte[] likely() {
    return switch (random.nextInt(12)) {
      case 0 -> message(Map.of(":message-type", "event", ":event-type", "Later"), "{}");
      case 1 -> exception("KMSThrottlingException");
      default -> event(json(false));
    };
  }

  /** Any message that might come, most of them events. */
  byte[] any() {
    return switch (random.nextInt(12)) {
      case 0 -> message(Map.of(":message-type", "event", ":event-type", "Later"), "{}");
      case 1 -> event(json(true));
      case 2 -> odd();
      default -> event(json(false));
    };
  }

  private byte[] odd() {
    return switch (random.nextInt(7)) {
      case 0 -> exception("KMSThrottlingException");
      case 1 -> event("");
      case 2 -> event("no json");
      case 3 -> message(Map.of(":event-type", "SubscribeToShardEvent"), json(false));
      case 4 -> message(new byte[] {1, 'a', 0}, json(false).getBytes(StandardCharsets.UTF_8));
      case 5 -> message(new byte[] {9, 'a', 7}, json(false).getBytes(StandardCharsets.UTF_8));
      default -> {
        byte[] json = json(false).getBytes(StandardCharsets.UTF_8);
        json[random.nextInt(json.length)] = (byte) random.nextInt(256);
        yield eventOf(json);
      }
    };
  }

  private static byte[] eventOf(byte[] json) {
    byte[] empty = event("");
    return message(java.util.Arrays.copyOfRange(empty, 12, empty.length - 4), json);
  }

  /** An event; {@code isOdd} when its fields may be anything. */
  String json(boolean isOdd) {
    var fields = new ArrayList<String>();
    var continuation = "\"" + random.nextInt(1 << 20) + "\"";
    var millis = String.valueOf(random.nextInt(1 << 20));
    fields.add("\"ContinuationSequenceNumber\":" + other(isOdd, continuation, ODD_CONTINUATIONS));
    fields.add("\"MillisBehindLatest\":" + other(isOdd, millis, ODD_MILLIS));
    if (isOdd && random.nextInt(6) == 0) {
      fields.remove(random.nextInt(2));
    }
    fields.add("\"Records\":" + records(isOdd));
    if (random.nextInt(8) == 0) {
      fields.add("\"Later\":{\"Records\":[1,[true],{\"a\":-1.5e3}]}");
    }
    if (random.nextInt(4) == 0) {
      fields.add(
          "\"ChildShards\":[{\"ShardId\":\"shardId-1\",\"ParentShards\":[\"a]}\\\"\",\"b\"],"
              + "\"HashKeyRange\":{\"StartingHashKey\":\"0\",\"EndingHashKey\":\"9\"}}]");
    }
    if (isOdd && random.nextInt(3) == 0) {
      fields.add("\"Records\":" + List.of("null", "[]", records(false)).get(random.nextInt(3)));
    }
    if (isOdd && random.nextInt(3) == 0) {
      fields.add("\"Later\":{\"Records\":[1,[true],{\"a\":-1.5e3}]}");
    }
    if (isOdd && random.nextInt(6) == 0) {
      fields.add("\"Rec\\u006frds\":" + records(false));
    }
    var json = object(fields);
    return isOdd && random.nextInt(8) == 0 ? json + " trailing" : json;
  }

  private String records(boolean isOdd) {
    if (isOdd && random.nextInt(8) == 0) {
      return List.of("null", "{}", "[null]", "[[]]", "\"\"", "[{},]", "[").get(random.nextInt(7));
    }
    var records = new ArrayList<String>();
    for (int i = random.nextInt(4); i > 0; i--) {
      records.add(record(isOdd));
    }
    return "[" + space() + String.join("," + space(), records) + space() + "]";
  }

  private String record(boolean isOdd) {
    byte[] data = new byte[random.nextInt(40)];
    random.nextBytes(data);
    var base64 = Base64.getEncoder().encodeToString(data);
    var values = new TreeMap<String, String>();
    values.put("SequenceNumber", "\"4966" + (random.nextLong() >>> 1) + "\"");
    values.put("ApproximateArrivalTimestamp", TIMES.get(random.nextInt(TIMES.size())));
    values.put("PartitionKey", "\"" + KEYS.get(random.nextInt(KEYS.size())) + "\"");
    values.put(
        "Data", "\"" + (random.nextInt(4) == 0 ? base64.replace("/", "\\/") : base64) + "\"");
    values.put("EncryptionType", "\"KMS\"");
    if (random.nextBoolean()) {
      values.remove("EncryptionType");
    }
    if (random.nextInt(6) == 0) {
      values.put("Later", List.of("\"x\"", "7", "null", "[\"Data\"]").get(random.nextInt(4)));
    }
    var fields = new ArrayList<String>();
    values.forEach(
        (name, value) -> fields.add("\"" + name + "\":" + space() + oddly(isOdd, name, value)));
    if (isOdd) {
      int i = random.nextInt(fields.size());
      switch (random.nextInt(5)) {
        case 0 -> fields.remove(i);
        case 1 -> fields.add(fields.get(i));
        case 2 ->
            fields.add(
                "\"Later\":" + List.of("\"x\"", "7", "null", "[]", "nul").get(random.nextInt(5)));
        case 3 -> fields.add("\"D\\u0061ta\":\"QUJD\"");
        default -> {}
      }
    }
    return object(fields);
  }

  private String other(boolean isOdd, String value, List<String> odd) {
    return isOdd && random.nextInt(3) == 0 ? odd.get(random.nextInt(odd.size())) : value;
  }

  private String oddly(boolean isOdd, String name, String value) {
    if (!isOdd || random.nextInt(12) > 0) {
      return value;
    }
    var odd =
        switch (name) {
          case "ApproximateArrivalTimestamp" -> ODD_TIMES;
          case "Data" -> random.nextBoolean() ? ODD_DATA : ODD_TEXTS;
          default -> ODD_TEXTS;
        };
    return odd.get(random.nextInt(odd.size()));
  }

  private String object(List<String> fields) {
    if (random.nextBoolean()) {
      Collections.shuffle(fields, random);
    }
    return "{" + space() + String.join(space() + "," + space(), fields) + space() + "}";
  }

  private String space() {
    return random.nextInt(6) == 0 ? " \n\t\r".substring(0, random.nextInt(5)) : "";
  }
}
