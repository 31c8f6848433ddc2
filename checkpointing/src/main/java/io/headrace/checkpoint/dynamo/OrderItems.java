package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.Order;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import java.math.BigInteger;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** How orders look in DynamoDB: one item each, under a number with leading zeros. */
final class OrderItems {
  private static final String FUNCTION = "fn";
  private static final String SHARD = "shard";
  private static final String KEY = "key";
  private static final String DEED = "deed";
  private static final String TO = "to";
  private static final String BY = "by";
  private static final String AT = "at";
  private static final String REASON = "why";
  private static final String CODE = "code";
  private static final String SINCE = "since";
  private static final String UNTIL = "until";
  private static final String PER_SECOND = "rate";
  private static final String WITH = "with";
  private static final String HASH = "hash";
  private static final int HEX = 16;

  private OrderItems() {}

  static String sort(long number) {
    return String.format(Locale.ROOT, "%012d", number);
  }

  /** The number of an order whose item can't be read; 0 when that can't be told either. */
  static long number(String sort) {
    try {
      return Long.parseLong(sort);
    } catch (NumberFormatException edited) {
      return 0;
    }
  }

  static Map<String, AttributeValue> of(Order order) {
    var item = new LinkedHashMap<String, AttributeValue>();
    item.put(FUNCTION, text(order.function()));
    order.shard().ifPresent(shard -> item.put(SHARD, text(shard.key())));
    order.key().ifPresent(key -> item.put(KEY, text(key)));
    item.put(BY, text(order.by()));
    item.put(AT, text(order.at().toString()));
    item.put(REASON, text(order.reason()));
    var deed = order.deed();
    item.put(DEED, text(deed.word().toUpperCase(Locale.ROOT)));
    if (deed instanceof Order.Deed.Seek seek) {
      item.put(TO, text(ProgressText.of(seek.to())));
      seek.with().ifPresent(state -> item.put(WITH, text(state)));
    } else if (deed instanceof Order.Deed.Erase erase) {
      item.put(HASH, text(erase.hash().toString(HEX)));
    } else if (deed instanceof Order.Deed.Skip skip) {
      item.put(TO, text(skip.position().toString()));
    } else if (deed instanceof Order.Deed.Redrive redrive) {
      redrive.code().ifPresent(code -> item.put(CODE, text(code)));
      redrive.since().ifPresent(since -> item.put(SINCE, text(since.toString())));
      redrive.until().ifPresent(until -> item.put(UNTIL, text(until.toString())));
      item.put(PER_SECOND, Attributes.number(redrive.perSecond()));
    }
    return item;
  }

  /**
   * Reads what {@link #of} wrote.
   *
   * @throws IllegalArgumentException naming the attribute
   */
  static Order read(Map<String, AttributeValue> item) {
    return new Order(
        Attributes.read("sk", string(item, "sk"), Long::parseLong),
        string(item, FUNCTION),
        optional(item, SHARD).map(shard -> Attributes.read(SHARD, shard, ShardKey::parse)),
        optional(item, KEY),
        deed(item),
        string(item, BY),
        Attributes.read(AT, string(item, AT), Instant::parse),
        string(item, REASON));
  }

  private static Order.Deed deed(Map<String, AttributeValue> item) {
    var deed = string(item, DEED);
    return switch (deed) {
      case "PAUSE" -> new Order.Deed.Pause();
      case "RESUME" -> new Order.Deed.Resume();
      case "ANEW" -> new Order.Deed.Anew();
      case "SEEK" ->
          new Order.Deed.Seek(
              Attributes.read(TO, string(item, TO), ProgressText::toStart), optional(item, WITH));
      case "ERASE" ->
          new Order.Deed.Erase(
              Attributes.read(HASH, string(item, HASH), hash -> new BigInteger(hash, HEX)));
      case "SKIP" -> new Order.Deed.Skip(Attributes.read(TO, string(item, TO), Position::parse));
      case "REDRIVE" ->
          new Order.Deed.Redrive(
              optional(item, CODE),
              optional(item, SINCE).map(at -> Attributes.read(SINCE, at, Instant::parse)),
              optional(item, UNTIL).map(at -> Attributes.read(UNTIL, at, Instant::parse)),
              (int) Attributes.longOf(item, PER_SECOND));
      default ->
          throw new IllegalArgumentException(
              "attribute "
                  + DEED
                  + ": \""
                  + deed
                  + "\" is none of PAUSE, RESUME, SEEK, ANEW, SKIP, REDRIVE, ERASE");
    };
  }

  private static Optional<String> optional(Map<String, AttributeValue> item, String name) {
    return item.containsKey(name) ? Optional.of(string(item, name)) : Optional.empty();
  }

  private static String string(Map<String, AttributeValue> item, String name) {
    var value = item.get(name);
    if (value == null || value.s() == null) {
      throw new IllegalArgumentException("attribute " + name + " is missing or no text");
    }
    return value.s();
  }
}
