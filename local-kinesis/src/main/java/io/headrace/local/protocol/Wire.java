package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** The two encodings of the service, and what they differ in beside bytes: time and blobs. */
public enum Wire {
  JSON("application/x-amz-json-1.1") {
    @Override
    JsonFactory factory() {
      return Factories.JSON;
    }

    @Override
    void writeTime(JsonGenerator out, long millis) throws IOException {
      out.writeNumber(seconds(millis));
    }

    // The platform's encoder takes a third of the time, but makes a copy of the whole.
    @Override
    void writeBlob(JsonGenerator out, byte[] bytes) throws IOException {
      if (bytes.length <= ENCODED_WHOLE_BYTES_MAX) {
        byte[] text = Base64.getEncoder().encode(bytes);
        out.writeRawUTF8String(text, 0, text.length);
      } else {
        out.writeBinary(bytes);
      }
    }

    @Override
    long readTime(JsonParser in) throws IOException {
      return milliseconds(in.getDoubleValue());
    }
  },

  CBOR("application/x-amz-cbor-1.1") {
    @Override
    JsonFactory factory() {
      return Factories.CBOR;
    }

    @Override
    void writeTime(JsonGenerator out, long millis) throws IOException {
      ((CBORGenerator) out).writeTag(EPOCH_TAG);
      out.writeNumber(millis);
    }

    @Override
    void writeBlob(JsonGenerator out, byte[] bytes) throws IOException {
      out.writeBinary(bytes);
    }

    // Integers are milliseconds, as the clients of the service send them and against the standard's
    // seconds; a fraction makes sense in the standard's reading only.
    @Override
    long readTime(JsonParser in) throws IOException {
      return in.currentToken() == JsonToken.VALUE_NUMBER_INT
          ? in.getLongValue()
          : milliseconds(in.getDoubleValue());
    }
  };

  private static final int EPOCH_TAG = 1;
  private static final int ENCODED_WHOLE_BYTES_MAX = 64 * 1024;

  private final String contentType;

  Wire(String contentType) {
    this.contentType = contentType;
  }

  /** The encoding that a content type names, or null when it names none of ours. */
  static @Nullable Wire of(@Nullable String contentType) {
    if (contentType == null) {
      return null;
    }
    int parameters = contentType.indexOf(';');
    String type = parameters < 0 ? contentType : contentType.substring(0, parameters);
    for (Wire wire : values()) {
      if (wire.contentType.equalsIgnoreCase(type.trim())) {
        return wire;
      }
    }
    return null;
  }

  String contentType() {
    return contentType;
  }

  JsonParser parser(byte[] body) throws IOException {
    return factory().createParser(body);
  }

  JsonGenerator generator(OutputStream out) throws IOException {
    return factory().createGenerator(out);
  }

  abstract JsonFactory factory();

  abstract void writeTime(JsonGenerator out, long millis) throws IOException;

  abstract void writeBlob(JsonGenerator out, byte[] bytes) throws IOException;

  abstract long readTime(JsonParser in) throws IOException;

  /** A time in JSON: seconds, always with three digits of their fraction. */
  static String seconds(long millis) {
    StringBuilder seconds = new StringBuilder(16).append(Math.floorDiv(millis, 1000L)).append('.');
    long fraction = Math.floorMod(millis, 1000L);
    seconds.append((char) ('0' + fraction / 100));
    seconds.append((char) ('0' + fraction / 10 % 10)).append((char) ('0' + fraction % 10));
    return seconds.toString();
  }

  // A double holds milliseconds of this age exactly, and no text makes reading it slow.
  private static long milliseconds(double seconds) {
    return Math.round(seconds * 1000);
  }

  private static final class Factories {
    static final JsonFactory JSON = new JsonFactory();
    static final JsonFactory CBOR = new CBORFactory();
  }
}
