package io.headrace.lease.dynamo;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardId;
import io.headrace.lease.LeaseItem;
import io.headrace.lease.Stored;
import io.headrace.lease.UnreadableItemException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * One kind of item to attributes and back. Attribute names are short because every byte of a
 * heartbeat is read by every worker several times in a lease time.
 *
 * <p>All kinds have {@code f} (format), {@code r} (the least format that a reader must know),
 * {@code n} (nonce), {@code v} (revision) and {@code t} (write token). A newer Headrace may add
 * attributes; updates name only the known ones, so the others stay.
 */
abstract class ItemCodec<T extends LeaseItem> {
  /** The format that is written and read here. */
  static final int FORMAT = 1;

  static final String PARTITION = "pk";
  static final String SORT = "sk";
  static final String FORMAT_OF = "f";
  static final String LEAST_READER = "r";
  static final String NONCE = "n";
  static final String REVISION = "v";
  static final String TOKEN = "t";

  /** The item's own attributes; those with nothing to say are left out. */
  abstract Map<String, AttributeValue> write(T item);

  /** All attributes that {@link #write} may ever use: those left out are removed by an update. */
  abstract List<String> attributes();

  abstract T parse(Attributes item);

  /**
   * @throws UnreadableItemException naming the item's key and the attribute
   */
  final Stored<T> read(String table, Map<String, AttributeValue> raw) {
    var item = new Attributes(table, raw);
    int least = item.integer(LEAST_READER);
    if (least > FORMAT) {
      throw new UnreadableItemException(
          item.place()
              + " is of a newer format, for readers of format "
              + least
              + " and up, and this worker reads format "
              + FORMAT
              + ": run a newer Headrace here");
    }
    try {
      return new Stored<>(parse(item), item.text(NONCE), item.number(REVISION), item.text(TOKEN));
    } catch (IllegalArgumentException wrong) {
      throw new UnreadableItemException(
          item.place() + " can't be read: " + wrong.getMessage(), wrong);
    }
  }

  /** The attributes of one item; names place and attribute in every complaint. */
  static final class Attributes {
    private final String table;
    private final Map<String, AttributeValue> raw;

    Attributes(String table, Map<String, AttributeValue> raw) {
      this.table = table;
      this.raw = raw;
    }

    String place() {
      return "item " + key(PARTITION) + " / " + key(SORT) + " of table " + table;
    }

    private String key(String name) {
      var value = raw.get(name);
      return value == null ? "?" : String.valueOf(value.s());
    }

    /** What is wrong with an attribute; nothing in the table is a payload. */
    UnreadableItemException wrong(String name, String how) {
      return new UnreadableItemException(
          "attribute " + name + " of " + place() + " " + how + ": was it edited by hand?");
    }

    private static <V> @Nullable V typed(
        @Nullable AttributeValue value, boolean isOfType, Function<AttributeValue, V> get) {
      return value == null || !isOfType ? null : get.apply(value);
    }

    /** The SDK tells an empty collection from one of a type that it does not know by nothing. */
    private static boolean isMap(@Nullable AttributeValue value) {
      return value != null
          && (value.hasM() || value.type() == AttributeValue.Type.UNKNOWN_TO_SDK_VERSION);
    }

    private static boolean isList(@Nullable AttributeValue value) {
      return value != null
          && (value.hasL() || value.type() == AttributeValue.Type.UNKNOWN_TO_SDK_VERSION);
    }

    private <V> V required(String name, @Nullable V value, String kind) {
      if (value == null) {
        throw wrong(name, "is missing or no " + kind);
      }
      return value;
    }

    boolean has(String name) {
      return raw.containsKey(name);
    }

    String text(String name) {
      var value = raw.get(name);
      return required(name, value == null ? null : value.s(), "text");
    }

    @Nullable String textOrNull(String name) {
      return has(name) ? text(name) : null;
    }

    /** A text that says something; what it may be is told when it is not. */
    <V> V parsed(String name, String text, Function<String, V> parse) {
      try {
        return parse.apply(text);
      } catch (RuntimeException malformed) {
        throw wrong(name, "can't be read: " + malformed.getMessage());
      }
    }

    long number(String name) {
      var value = raw.get(name);
      var digits = required(name, value == null ? null : value.n(), "number");
      return parsed(name, digits, Long::parseLong);
    }

    int integer(String name) {
      long number = number(name);
      if (number != (int) number) {
        throw wrong(name, "is " + number + ", which is too large");
      }
      return (int) number;
    }

    List<String> texts(String name) {
      var value = raw.get(name);
      return has(name)
          ? required(name, typed(value, value != null && value.hasSs(), AttributeValue::ss), "set")
          : List.of();
    }

    Map<String, AttributeValue> map(String name) {
      var value = raw.get(name);
      return has(name)
          ? required(name, typed(value, isMap(value), AttributeValue::m), "map")
          : Map.of();
    }

    /** A list of texts. */
    List<String> list(String name) {
      if (!has(name)) {
        return List.of();
      }
      var value = raw.get(name);
      return required(name, typed(value, isList(value), AttributeValue::l), "list").stream()
          .map(element -> required(name, element.s(), "list of texts"))
          .toList();
    }

    byte[] bytes(String name) {
      var value = raw.get(name);
      return required(name, value == null ? null : value.b(), "binary").asByteArray();
    }

    List<ShardId> shardIds(String name, List<String> texts) {
      return texts.stream().map(text -> parsed(name, text, ShardId::new)).toList();
    }

    List<Incarnation> incarnations(String name) {
      return texts(name).stream().map(text -> parsed(name, text, Incarnation::parse)).toList();
    }

    @Nullable Incarnation incarnationOrNull(String name) {
      var text = textOrNull(name);
      return text == null ? null : parsed(name, text, Incarnation::parse);
    }
  }

  /** Collects attributes; empty collections and nulls are left out. */
  static final class Writing {
    private final Map<String, AttributeValue> attributes = new LinkedHashMap<>();

    Writing text(String name, @Nullable Object value) {
      if (value != null) {
        attributes.put(name, AttributeValue.fromS(value.toString()));
      }
      return this;
    }

    Writing number(String name, long value) {
      attributes.put(name, AttributeValue.fromN(Long.toString(value)));
      return this;
    }

    Writing flag(String name, boolean value) {
      return value ? number(name, 1) : this;
    }

    Writing texts(String name, Collection<?> values) {
      if (!values.isEmpty()) {
        attributes.put(name, AttributeValue.fromSs(values.stream().map(Object::toString).toList()));
      }
      return this;
    }

    Writing map(String name, Map<String, AttributeValue> values) {
      if (!values.isEmpty()) {
        attributes.put(name, AttributeValue.fromM(values));
      }
      return this;
    }

    Map<String, AttributeValue> done() {
      return attributes;
    }
  }
}
