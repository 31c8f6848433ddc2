package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamReadException;
import io.headrace.local.engine.KinesisError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a request into the fields that its action declares, in one pass and without a
 * tree; what no field declares is passed over. Confined to one request.
 */
public final class BodyReader {
  private final Wire wire;
  private final JsonParser in;

  private BodyReader(Wire wire, JsonParser in) {
    this.wire = wire;
    this.in = in;
  }

  /** Throws the service's SerializationException when the body is not what the wire says it is. */
  static Fields read(Wire wire, byte[] body, Structure structure) {
    try (JsonParser in = wire.parser(body)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw malformed();
      }
      Fields fields = new BodyReader(wire, in).structure(structure);
      if (in.nextToken() != null) {
        throw malformed();
      }
      return fields;
    } catch (IOException e) {
      throw malformed();
    } catch (KinesisError wrongType) {
      // Bytes that are no JSON or CBOR at all come before a value of the wrong type, wherever in
      // the body either of them is.
      requireWellFormed(wire, body);
      throw wrongType;
    }
  }

  /** Throws when the body is no structure in this encoding, whatever its fields. */
  static void requireWellFormed(Wire wire, byte[] body) {
    try (JsonParser in = wire.parser(body)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw malformed();
      }
      in.skipChildren();
      if (in.currentToken() != JsonToken.END_OBJECT || in.nextToken() != null) {
        throw malformed();
      }
    } catch (IOException e) {
      throw malformed();
    }
  }

  private Fields structure(Structure structure) throws IOException {
    Fields fields = new Fields(structure);
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      int index = structure.indexOf(name);
      JsonToken token = in.nextToken();
      if (index < 0) {
        in.skipChildren();
      } else if (token != JsonToken.VALUE_NULL) {
        fields.set(index, value(structure.fields().get(index).kind(), token));
      }
    }
    if (in.currentToken() != JsonToken.END_OBJECT) {
      throw malformed();
    }
    return fields;
  }

  private Object value(Kind kind, @Nullable JsonToken token) throws IOException {
    if (token == null) {
      throw malformed();
    }
    if (kind instanceof Kind.Text && token == JsonToken.VALUE_STRING) {
      return text();
    }
    if (kind instanceof Kind.Blob) {
      return blob(token);
    }
    if (kind instanceof Kind.Whole && token.isNumeric()) {
      return whole();
    }
    if (kind instanceof Kind.Flag && token.isBoolean()) {
      return in.getBooleanValue();
    }
    if (kind instanceof Kind.Time && token.isNumeric()) {
      return wire.readTime(in);
    }
    if (kind instanceof Kind.ListOf listOf && token == JsonToken.START_ARRAY) {
      return list(listOf.element());
    }
    if (kind instanceof Kind.Texts && token == JsonToken.START_ARRAY) {
      return texts();
    }
    if (kind instanceof Kind.TextMap && token == JsonToken.START_OBJECT) {
      return textMap();
    }
    if (kind instanceof Kind.Nested nested && token == JsonToken.START_OBJECT) {
      return structure(nested.structure());
    }
    throw wrongType(kind, token);
  }

  // Half of a surrogate pair has no form in UTF-8: a record whose key holds one could be put, but
  // no
  // answer that holds the record could be written.
  private String text() throws IOException {
    return wellFormed(in.getText());
  }

  private static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (i + 1 == text.length()
            || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
          throw malformed();
        }
        i++;
      }
    }
    return text;
  }

  private int whole() throws IOException {
    // Beyond the range of an int is beyond every field's range too, and must not wrap back into it.
    double value = in.getDoubleValue();
    return (int) Math.floor(value);
  }

  private byte[] blob(JsonToken token) throws IOException {
    if (token == JsonToken.VALUE_EMBEDDED_OBJECT) {
      return in.getBinaryValue();
    }
    if (token != JsonToken.VALUE_STRING) {
      throw wrongType(new Kind.Blob(), token);
    }
    try {
      return in.getBinaryValue();
    } catch (StreamReadException e) {
      throw serialization("The value can not be converted to a Blob: it is not Base64.");
    }
  }

  private List<Fields> list(Structure element) throws IOException {
    List<Fields> list = new ArrayList<>();
    for (JsonToken token = in.nextToken(); token != JsonToken.END_ARRAY; token = in.nextToken()) {
      if (token == JsonToken.START_OBJECT) {
        list.add(structure(element));
      } else if (token == JsonToken.VALUE_NULL) {
        list.add(new Fields(element));
      } else if (token == null) {
        throw malformed();
      } else {
        throw wrongType(new Kind.Nested(element), token);
      }
    }
    return list;
  }

  private List<String> texts() throws IOException {
    List<String> texts = new ArrayList<>();
    for (JsonToken token = in.nextToken(); token != JsonToken.END_ARRAY; token = in.nextToken()) {
      if (token == JsonToken.VALUE_STRING) {
        texts.add(text());
      } else if (token == null) {
        throw malformed();
      } else if (token != JsonToken.VALUE_NULL) {
        throw wrongType(new Kind.Text(), token);
      }
    }
    return texts;
  }

  private Map<String, String> textMap() throws IOException {
    Map<String, String> map = new LinkedHashMap<>();
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      if (token == JsonToken.VALUE_STRING) {
        map.put(wellFormed(name), text());
      } else if (token == JsonToken.VALUE_NULL) {
        map.put(wellFormed(name), "");
      } else if (token == null) {
        throw malformed();
      } else {
        throw wrongType(new Kind.Text(), token);
      }
    }
    if (in.currentToken() != JsonToken.END_OBJECT) {
      throw malformed();
    }
    return map;
  }

  private static KinesisError wrongType(Kind kind, JsonToken token) {
    if (token == JsonToken.START_ARRAY) {
      return serialization("Start of list found where not expected");
    }
    if (token == JsonToken.START_OBJECT) {
      return serialization("Start of structure or map found where not expected.");
    }
    if (kind instanceof Kind.ListOf || kind instanceof Kind.Texts) {
      return serialization("Expected list or null");
    }
    if (kind instanceof Kind.TextMap) {
      return serialization("Expected map or null");
    }
    if (kind instanceof Kind.Nested) {
      return serialization("Expected null");
    }
    return serialization(found(token) + " can not be converted to " + wanted(kind));
  }

  private static String found(JsonToken token) {
    if (token.isBoolean()) {
      return "class java.lang.Boolean";
    }
    if (token.isNumeric()) {
      return "class java.math.BigDecimal";
    }
    return token == JsonToken.VALUE_STRING ? "class java.lang.String" : "class [B";
  }

  private static String wanted(Kind kind) {
    if (kind instanceof Kind.Blob) {
      return "a Blob";
    }
    if (kind instanceof Kind.Whole) {
      return "an Integer";
    }
    if (kind instanceof Kind.Flag) {
      return "an Boolean";
    }
    return kind instanceof Kind.Time ? "milliseconds since epoch" : "an String";
  }

  private static KinesisError serialization(String message) {
    return KinesisError.of("SerializationException", message);
  }

  private static KinesisError malformed() {
    return KinesisError.withoutMessage("SerializationException");
  }
}
