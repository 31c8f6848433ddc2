package io.headrace.local.conformance;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import com.fasterxml.jackson.dataformat.cbor.CBORParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The two encodings of the service as its clients write and read them: maps, lists, texts, numbers
 * and flags are Java's, a blob is a {@code byte[]} and a time an {@link Instant}.
 */
enum Encoding {
  JSON("application/x-amz-json-1.1") {
    @Override
    JsonFactory factory() {
      return Factories.JSON;
    }

    @Override
    void writeTime(JsonGenerator out, Instant time) throws IOException {
      out.writeNumber(BigDecimal.valueOf(time.toEpochMilli(), 3));
    }

    @Override
    Object number(JsonParser in) throws IOException {
      return in.getDecimalValue();
    }

    // In JSON nothing tells a time from a number, nor a blob from a text: what reads them must.
    @Override
    @Nullable Instant time(@Nullable Object value) {
      return value instanceof BigDecimal seconds
          ? Instant.ofEpochMilli(seconds.movePointRight(3).longValueExact())
          : null;
    }

    @Override
    byte @Nullable [] blob(@Nullable Object value) {
      return value instanceof String text ? Base64.getDecoder().decode(text) : null;
    }
  },

  CBOR("application/x-amz-cbor-1.1") {
    @Override
    JsonFactory factory() {
      return Factories.CBOR;
    }

    @Override
    void writeTime(JsonGenerator out, Instant time) throws IOException {
      ((CBORGenerator) out).writeTag(TIME_TAG);
      out.writeNumber(time.toEpochMilli());
    }

    @Override
    Object number(JsonParser in) throws IOException {
      return ((CBORParser) in).getCurrentTag() == TIME_TAG
          ? Instant.ofEpochMilli(in.getLongValue())
          : in.getDecimalValue();
    }

    @Override
    @Nullable Instant time(@Nullable Object value) {
      return value instanceof Instant time ? time : null;
    }

    @Override
    byte @Nullable [] blob(@Nullable Object value) {
      return value instanceof byte[] bytes ? bytes : null;
    }
  };

  private static final int TIME_TAG = 1;

  private final String contentType;

  Encoding(String contentType) {
    this.contentType = contentType;
  }

  String contentType() {
    return contentType;
  }

  byte[] write(Object value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = factory().createGenerator(bytes)) {
      write(out, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** The one value that the bytes hold; throws when they hold anything else. */
  Object read(byte[] bytes) throws IOException {
    try (JsonParser in = factory().createParser(bytes)) {
      in.nextToken();
      Object value = value(in);
      if (value == null || in.nextToken() != null) {
        throw new IOException("not one " + this + " value");
      }
      return value;
    }
  }

  /** The time that a value read from an answer is, or null when it is none. */
  abstract @Nullable Instant time(@Nullable Object value);

  /** The bytes that a value read from an answer is, or null when it is none. */
  abstract byte @Nullable [] blob(@Nullable Object value);

  abstract JsonFactory factory();

  abstract void writeTime(JsonGenerator out, Instant time) throws IOException;

  abstract Object number(JsonParser in) throws IOException;

  private void write(JsonGenerator out, @Nullable Object value) throws IOException {
    if (value instanceof Map<?, ?> map) {
      out.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.writeFieldName((String) entry.getKey());
        write(out, entry.getValue());
      }
      out.writeEndObject();
    } else if (value instanceof List<?> list) {
      out.writeStartArray();
      for (Object element : list) {
        write(out, element);
      }
      out.writeEndArray();
    } else if (value instanceof Instant time) {
      writeTime(out, time);
    } else if (value instanceof byte[] bytes) {
      out.writeBinary(bytes);
    } else if (value instanceof BigDecimal number) {
      writeNumber(out, number);
    } else {
      out.writePOJO(value);
    }
  }

  private static void writeNumber(JsonGenerator out, BigDecimal number) throws IOException {
    if (number.scale() > 0) {
      out.writeNumber(number.doubleValue());
    } else {
      out.writeNumber(number.longValueExact());
    }
  }

  private @Nullable Object value(JsonParser in) throws IOException {
    JsonToken token = in.currentToken();
    if (token == null) {
      throw new IOException("the answer ends too early");
    }
    return switch (token) {
      case START_OBJECT -> map(in);
      case START_ARRAY -> list(in);
      case VALUE_STRING -> in.getText();
      case VALUE_TRUE, VALUE_FALSE -> in.getBooleanValue();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(in);
      case VALUE_EMBEDDED_OBJECT -> in.getBinaryValue();
      case VALUE_NULL -> null;
      default -> throw new IOException("unexpected " + token);
    };
  }

  private Map<String, @Nullable Object> map(JsonParser in) throws IOException {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      in.nextToken();
      if (map.containsKey(name)) {
        throw new IOException(name + " is there twice");
      }
      map.put(name, value(in));
    }
    return map;
  }

  private List<@Nullable Object> list(JsonParser in) throws IOException {
    List<@Nullable Object> list = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      list.add(value(in));
    }
    return list;
  }

  private static final class Factories {
    static final JsonFactory JSON = new JsonFactory();
    static final JsonFactory CBOR = new CBORFactory();
  }
}
