package io.headrace.function.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.AnnotationIntrospector;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.headrace.function.Codec;
import java.io.IOException;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * JSON by Jackson. Unknown fields are let through; a missing or null component of a record is
 * refused by name, unless it is an {@code Optional} or {@code @Nullable}. Times are ISO-8601 text.
 * Thread-safe and immutable.
 */
public final class Json<T> implements Codec<T> {
  private final Class<T> type;
  private final ObjectReader reader;
  private final ObjectWriter writer;

  private Json(Class<T> type, ObjectMapper mapper) {
    this.type = Objects.requireNonNull(type, "type");
    this.reader = mapper.readerFor(type);
    this.writer = mapper.writerFor(type);
  }

  public static <T> Json<T> of(Class<T> type) {
    return new Json<>(type, Default.MAPPER);
  }

  /**
   * @param mapper used as it is: what it lets through and what it refuses is its own business
   */
  public static <T> Json<T> of(Class<T> type, ObjectMapper mapper) {
    return new Json<>(type, mapper);
  }

  /**
   * @throws IllegalArgumentException when the bytes are not such a value; names the field, never
   *     the payload
   */
  @Override
  public T decode(byte[] bytes, int version) {
    if (version != version()) {
      throw new IllegalArgumentException(
          type.getSimpleName()
              + " of version "
              + version
              + ": this codec reads only version "
              + version());
    }
    T value;
    try {
      value = reader.readValue(bytes);
    } catch (IOException wrong) {
      // Jackson's message quotes the input, which must not reach a log: no cause, own words.
      throw new IllegalArgumentException(type.getSimpleName() + describe(wrong));
    }
    if (value == null) {
      throw new IllegalArgumentException(type.getSimpleName() + ": is null");
    }
    return value;
  }

  @Override
  public byte[] encode(T value) {
    try {
      return writer.writeValueAsBytes(value);
    } catch (JsonProcessingException wrong) {
      throw new IllegalArgumentException(
          type.getSimpleName() + ": can't be written as JSON" + describe(wrong));
    }
  }

  @Override
  public String toString() {
    return "JSON of " + type.getSimpleName();
  }

  private static String describe(IOException wrong) {
    if (!(wrong instanceof JsonMappingException mapping)) {
      return ": is not JSON"
          + (wrong instanceof JsonProcessingException at && at.getLocation() != null
              ? " at byte " + at.getLocation().getByteOffset()
              : "");
    }
    String path =
        mapping.getPath().stream()
            .map(step -> step.getFieldName() != null ? step.getFieldName() : "" + step.getIndex())
            .collect(Collectors.joining("."));
    String at = path.isEmpty() ? "" : ", field " + path;
    if (wrong instanceof InvalidNullException) {
      return at + ": is null";
    }
    if (wrong instanceof InvalidFormatException format) {
      return at + ": is not a " + format.getTargetType().getSimpleName();
    }
    if (wrong instanceof ValueInstantiationException) {
      return at + ": is refused by its constructor";
    }
    if (wrong instanceof MismatchedInputException mismatch) {
      return at + (missing(mismatch) ? ": is missing" : ": is not a " + target(mismatch));
    }
    return at + ": " + wrong.getClass().getSimpleName();
  }

  private static boolean missing(MismatchedInputException mismatch) {
    return mismatch.getOriginalMessage().startsWith("Missing ");
  }

  private static String target(MismatchedInputException mismatch) {
    Class<?> target = mismatch.getTargetType();
    return target == null ? "value of its type" : target.getSimpleName();
  }

  /** Made when first needed. */
  private static final class Default {
    static final ObjectMapper MAPPER = make();

    private static ObjectMapper make() {
      var mapper =
          JsonMapper.builder()
              .addModule(new JavaTimeModule())
              .addModule(new Jdk8Module())
              .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
              .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
              .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
              .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
              .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
              .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
              .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
              .build();
      mapper.setAnnotationIntrospector(
          AnnotationIntrospector.pair(
              mapper.getDeserializationConfig().getAnnotationIntrospector(),
              new RequiredComponents()));
      return mapper;
    }
  }
}
