package io.headrace.lease.dynamo;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseException;
import io.headrace.lease.LeaseItem;
import io.headrace.lease.Stored;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  final Stored<T> read(String table, Map<String, AttributeValue> raw) {
    var item = new Attributes(table, raw);
    int least = item.integer(LEAST_READER);
    if (least > FORMAT) {
      throw new LeaseException(
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
      throw new LeaseException(item.place() + " can't be read: " + wrong.getMessage(), wrong);
    }
  }

  /** The attributes of one item; names the place in every complaint. */
  static final class Attributes {
    private final String table;
    private final Map<String, AttributeValue> raw;

    Attributes(String table, Map<String, AttributeValue> raw) {
      this.table = table;
      this.raw = raw;
    }

    String place() {
      return "item " + text(PARTITION) + " / " + text(SORT) + " of table " + table;
    }

    boolean has(String name) {
      return raw.containsKey(name);
    }

    String text(String name) {
      var value = raw.get(name);
      if (value == null || value.s() == null) {
        throw new LeaseException(
            "attribute "
                + name
                + " of item "
                + raw.get(PARTITION)
                + " / "
                + raw.get(SORT)
                + " of table "
                + table
                + " is missing or no text: was it edited by hand?");
      }
      return value.s();
    }

    @Nullable String textOrNull(String name) {
      return has(name) ? text(name) : null;
    }

    long number(String name) {
      var value = raw.get(name);
      if (value == null || value.n() == null) {
        throw new LeaseException(
            "attribute "
                + name
                + " of "
                + place()
                + " is missing or no number: was it edited by hand?");
      }
      return Long.parseLong(value.n());
    }

    int integer(String name) {
      return Math.toIntExact(number(name));
    }

    List<String> texts(String name) {
      var value = raw.get(name);
      return value == null ? List.of() : value.ss();
    }

    Map<String, AttributeValue> map(String name) {
      var value = raw.get(name);
      return value == null ? Map.of() : value.m();
    }

    List<AttributeValue> list(String name) {
      var value = raw.get(name);
      return value == null ? List.of() : value.l();
    }

    byte[] bytes(String name) {
      var value = raw.get(name);
      return value == null || value.b() == null ? new byte[0] : value.b().asByteArray();
    }

    @Nullable Incarnation incarnationOrNull(String name) {
      var text = textOrNull(name);
      return text == null ? null : Incarnation.parse(text);
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
