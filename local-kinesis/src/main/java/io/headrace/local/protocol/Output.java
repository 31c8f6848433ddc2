package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * How an answer is written, declared once for both encodings: its fields and where each comes from.
 * Immutable once declared.
 *
 * @param <T> what the engine answers
 */
public final class Output<T> {
  private interface Member<T> {
    void write(Wire wire, JsonGenerator out, T value) throws IOException;
  }

  private final List<Member<T>> members = new ArrayList<>();

  Output<T> text(String name, Function<T, @Nullable String> get) {
    SerializedString field = new SerializedString(name);
    members.add(
        (wire, out, value) -> {
          String text = get.apply(value);
          if (text != null) {
            out.writeFieldName(field);
            out.writeString(text);
          }
        });
    return this;
  }

  Output<T> number(String name, ToLongFunction<T> get) {
    return field(name, (wire, out, value) -> out.writeNumber(get.applyAsLong(value)));
  }

  Output<T> flag(String name, Predicate<T> get) {
    return field(name, (wire, out, value) -> out.writeBoolean(get.test(value)));
  }

  /** A time in milliseconds since 1970. */
  Output<T> time(String name, ToLongFunction<T> get) {
    return field(name, (wire, out, value) -> wire.writeTime(out, get.applyAsLong(value)));
  }

  /** A text of digits: written as the bytes that it is, with nothing to escape or to encode. */
  Output<T> digits(String name, Function<T, byte @Nullable []> get) {
    SerializedString field = new SerializedString(name);
    members.add(
        (wire, out, value) -> {
          byte[] digits = get.apply(value);
          if (digits != null) {
            out.writeFieldName(field);
            out.writeRawUTF8String(digits, 0, digits.length);
          }
        });
    return this;
  }

  Output<T> blob(String name, Function<T, byte[]> get) {
    return field(name, (wire, out, value) -> wire.writeBlob(out, get.apply(value)));
  }

  <E> Output<T> list(String name, Function<T, List<E>> get, Output<E> element) {
    return field(
        name,
        (wire, out, value) -> {
          out.writeStartArray();
          for (E each : get.apply(value)) {
            element.write(wire, out, each);
          }
          out.writeEndArray();
        });
  }

  /** A list that is left out when it is empty. */
  <E> Output<T> listUnlessEmpty(String name, Function<T, List<E>> get, Output<E> element) {
    Output<T> list = new Output<T>().list(name, get, element);
    members.add(
        (wire, out, value) -> {
          if (!get.apply(value).isEmpty()) {
            list.writeMembers(wire, out, value);
          }
        });
    return this;
  }

  Output<T> texts(String name, Function<T, List<String>> get) {
    return field(
        name,
        (wire, out, value) -> {
          out.writeStartArray();
          for (String text : get.apply(value)) {
            out.writeString(text);
          }
          out.writeEndArray();
        });
  }

  <E> Output<T> nested(String name, Function<T, E> get, Output<E> structure) {
    return field(name, (wire, out, value) -> structure.write(wire, out, get.apply(value)));
  }

  /** The fields of another value, left out when the test fails. */
  <E> Output<T> when(Predicate<T> test, Function<T, E> get, Output<E> fields) {
    members.add(
        (wire, out, value) -> {
          if (test.test(value)) {
            fields.writeMembers(wire, out, get.apply(value));
          }
        });
    return this;
  }

  /** Fields under one name, left out when there is no value. */
  <E> Output<T> nestedIfAny(String name, Function<T, @Nullable E> get, Output<E> structure) {
    SerializedString field = new SerializedString(name);
    members.add(
        (wire, out, value) -> {
          E inner = get.apply(value);
          if (inner != null) {
            out.writeFieldName(field);
            structure.write(wire, out, inner);
          }
        });
    return this;
  }

  /** A field that is always there. */
  private Output<T> field(String name, Member<T> content) {
    SerializedString field = new SerializedString(name);
    members.add(
        (wire, out, value) -> {
          out.writeFieldName(field);
          content.write(wire, out, value);
        });
    return this;
  }

  void write(Wire wire, JsonGenerator out, T value) throws IOException {
    out.writeStartObject();
    writeMembers(wire, out, value);
    out.writeEndObject();
  }

  private void writeMembers(Wire wire, JsonGenerator out, T value) throws IOException {
    for (Member<T> member : members) {
      member.write(wire, out, value);
    }
  }
}
