package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.number;
import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.Position;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * How letters look in DynamoDB. One item each, sorted as the shard is, with the payload in it; a
 * payload too large for an item lies in slices in a partition of its own.
 */
final class LetterItems {
  /** A function's letters spread over so many partitions. Stored keys depend on it. */
  static final int PARTS = 8;

  /** Larger payloads lie in slices: items hold 400 KB, and a transaction of a batch 4 MB. */
  static final int INLINE_BYTES_MAX = 200 << 10;

  static final int SLICE_BYTES = 300 << 10;

  static final String PAYLOAD = "b";
  static final String SLICES = "slices";

  private static final String KEY = "key";
  private static final String ARRIVED = "arr";
  private static final String FAILED = "at";
  private static final String ATTEMPTS = "n";
  private static final String CODE = "code";
  private static final String CAUSE = "err";
  private static final String HEADERS = "hdr";
  private static final String SIZE = "size";
  private static final String EPOCH = "ep";
  private static final String ORDER = "ord";
  private static final String PLACE = "in";
  private static final String POSITION = "pos";

  private LetterItems() {}

  static String partition(String application, String function, int part) {
    return application + "!D!" + function + "!" + part;
  }

  static String partition(String application, ProgressKey place) {
    return partition(application, place.function(), part(place));
  }

  static String slices(String application, ProgressKey place) {
    return application + "!S!" + place.function() + "!" + part(place);
  }

  private static int part(ProgressKey place) {
    return place.shard().bucket() % PARTS;
  }

  static String sort(Letter.Id letter) {
    return shardPrefix(letter.place()) + ordered(letter.position());
  }

  /** Behind all of a position and before what comes after it. */
  static String sortBehind(ProgressKey place, Position position) {
    return shardPrefix(place) + ordered(position) + "!";
  }

  static String shardPrefix(ProgressKey place) {
    return place.shard().key() + "!";
  }

  /** Texts of which sort as the positions do: the number of digits goes before the digits. */
  private static String ordered(Position position) {
    return ordered(position.sequence().value())
        + ":"
        + ordered(Long.toString(position.subSequence()));
  }

  private static String ordered(String digits) {
    return String.format(Locale.ROOT, "%03d%s", digits.length(), digits);
  }

  /** Names the slices of one letter as one worker wrote it: no other writes under it. */
  static String sliceSet(Letter letter) {
    return sort(letter.id())
        + "!"
        + letter.epoch()
        + "."
        + letter.order()
        + "."
        + letter.attempts()
        + "."
        + letter.failedAt().toEpochMilli()
        + "!";
  }

  static boolean isSliced(LetterLedger.Entry entry) {
    return entry.payload().length > INLINE_BYTES_MAX;
  }

  static List<byte[]> slicesOf(byte[] payload) {
    var slices = new ArrayList<byte[]>();
    for (int from = 0; from < payload.length; from += SLICE_BYTES) {
      slices.add(Arrays.copyOfRange(payload, from, Math.min(payload.length, from + SLICE_BYTES)));
    }
    return slices;
  }

  static Map<String, AttributeValue> of(LetterLedger.Entry entry) {
    var letter = entry.letter();
    var item = new LinkedHashMap<String, AttributeValue>();
    item.put(Attributes.FORMAT_NUMBER, number(Attributes.FORMAT));
    item.put(Attributes.LEAST_READER, number(Attributes.ANY_READER));
    item.put(PLACE, text(letter.id().place().key()));
    item.put(POSITION, text(letter.id().position().toString()));
    item.put(KEY, text(letter.key()));
    item.put(ARRIVED, text(letter.arrivedAt().toString()));
    item.put(FAILED, text(letter.failedAt().toString()));
    item.put(ATTEMPTS, number(letter.attempts()));
    item.put(CODE, text(letter.code()));
    item.put(CAUSE, text(letter.cause()));
    item.put(SIZE, number(letter.payloadBytes()));
    item.put(EPOCH, number(letter.epoch()));
    item.put(ORDER, number(letter.order()));
    if (!letter.headers().isEmpty()) {
      var headers = new HashMap<String, AttributeValue>();
      letter.headers().forEach((name, value) -> headers.put(name, text(value)));
      item.put(HEADERS, AttributeValue.fromM(headers));
    }
    if (isSliced(entry)) {
      item.put(SLICES, text(sliceSet(letter)));
    } else {
      item.put(PAYLOAD, AttributeValue.fromB(SdkBytes.fromByteArray(entry.payload())));
    }
    return item;
  }

  /** The bytes that an item holds by itself: all of a payload, or a slice of one. */
  static byte[] payloadIn(Map<String, AttributeValue> item) {
    return Attributes.optional(item, PAYLOAD)
        .map(value -> value.b().asByteArray())
        .orElseThrow(() -> new IllegalArgumentException("attribute " + PAYLOAD + " is missing"));
  }

  /** How many bytes the payload of a letter's item has. */
  static int sizeIn(Map<String, AttributeValue> item) {
    return (int) Attributes.longOf(item, SIZE);
  }

  /** All but the payload; what a look at many letters fetches. */
  static List<String> listed() {
    return List.of(
        "pk",
        "sk",
        Attributes.LEAST_READER,
        Attributes.FORMAT_NUMBER,
        PLACE,
        POSITION,
        KEY,
        ARRIVED,
        FAILED,
        ATTEMPTS,
        CODE,
        CAUSE,
        HEADERS,
        SIZE,
        EPOCH,
        ORDER);
  }

  /**
   * Reads what {@link #of} wrote.
   *
   * @throws IllegalArgumentException naming the attribute
   */
  static Letter read(Map<String, AttributeValue> item) {
    var headers = new HashMap<String, String>();
    Attributes.optional(item, HEADERS)
        .ifPresent(map -> map.m().forEach((name, value) -> headers.put(name, value.s())));
    return new Letter(
        new Letter.Id(
            Attributes.read(PLACE, Attributes.textOf(item, PLACE), ProgressKey::parse),
            Attributes.read(POSITION, Attributes.textOf(item, POSITION), Position::parse)),
        Attributes.textOf(item, KEY),
        Attributes.read(ARRIVED, Attributes.textOf(item, ARRIVED), Instant::parse),
        Attributes.read(FAILED, Attributes.textOf(item, FAILED), Instant::parse),
        (int) Attributes.longOf(item, ATTEMPTS),
        Attributes.textOf(item, CODE),
        Attributes.textOf(item, CAUSE),
        headers,
        (int) Attributes.longOf(item, SIZE),
        Attributes.longOf(item, EPOCH),
        Attributes.longOf(item, ORDER));
  }
}
