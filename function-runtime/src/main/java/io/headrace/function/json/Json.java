package io.headrace.function.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.AnnotationIntrospector;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.headrace.function.Codec;
import io.headrace.kcl.StableCopy;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * JSON by Jackson. Unknown fields are let through; a missing or null component of a record is
 * refused by name, unless it is an {@code Optional} or {@code @Nullable}. Times are ISO-8601 text.
 * Thread-safe and immutable.
 *
 * <p>State outlives the class that it was written from. A new field that is {@code Optional} needs
 * nothing. For any other change the version is raised, with a step that turns what the version
 * before wrote into what this one reads, and one back, so that workers of the former deployment can
 * go on with it during a roll and after a roll back:
 *
 * <pre>{@code
 * Json.of(Card.class)
 *     .version(2)
 *     .upgrading(1, card -> card.put("currency", "EUR"))
 *     .downgrading(2, card -> card.without(List.of("currency")))
 * }</pre>
 */
public final class Json<T> implements Codec<T> {
  private final Class<T> type;
  private final ObjectMapper mapper;
  private final ObjectReader reader;
  private final ObjectWriter writer;
  private final int version;

  /** Found once, as it is asked with each state that is made. */
  private final int oldestWritten;

  private final Map<Integer, UnaryOperator<ObjectNode>> upgrades;
  private final Map<Integer, UnaryOperator<ObjectNode>> downgrades;

  private Json(
      Class<T> type,
      ObjectMapper mapper,
      int version,
      Map<Integer, UnaryOperator<ObjectNode>> upgrades,
      Map<Integer, UnaryOperator<ObjectNode>> downgrades) {
    this.type = Objects.requireNonNull(type, "type");
    this.mapper = Objects.requireNonNull(mapper, "mapper");
    this.reader = mapper.readerFor(type);
    this.writer = mapper.writerFor(type);
    this.version = version;
    this.upgrades = upgrades;
    this.downgrades = downgrades;
    this.oldestWritten = oldestWritten(version, downgrades);
  }

  private static int oldestWritten(
      int version, Map<Integer, UnaryOperator<ObjectNode>> downgrades) {
    int oldest = version;
    while (downgrades.containsKey(oldest)) {
      oldest--;
    }
    return oldest;
  }

  /** Of version 1. */
  public static <T> Json<T> of(Class<T> type) {
    return of(type, Default.MAPPER);
  }

  /**
   * @param mapper used as it is: what it lets through and what it refuses is its own business
   */
  public static <T> Json<T> of(Class<T> type, ObjectMapper mapper) {
    return new Json<>(type, mapper, 1, Map.of(), Map.of());
  }

  /**
   * What {@link #encode} writes from now on.
   *
   * @param version 1 or higher; never one that meant something else before
   */
  public Json<T> version(int version) {
    if (version < 1) {
      throw new IllegalArgumentException(type.getSimpleName() + ": version " + version + " < 1");
    }
    return new Json<>(type, mapper, version, upgrades, downgrades);
  }

  /**
   * Reads what an older version wrote; with several steps, one after the other.
   *
   * @param from the version that is read; the step makes {@code from + 1} of it
   * @param step may change its argument; called on the invocation pool, by several threads at once
   */
  public Json<T> upgrading(int from, UnaryOperator<ObjectNode> step) {
    return new Json<>(type, mapper, version, with(upgrades, "upgrading", from, step), downgrades);
  }

  /**
   * Writes what an older version reads.
   *
   * @param from the version that is had; the step makes {@code from - 1} of it
   * @param step as with {@link #upgrading}
   */
  public Json<T> downgrading(int from, UnaryOperator<ObjectNode> step) {
    return new Json<>(type, mapper, version, upgrades, with(downgrades, "downgrading", from, step));
  }

  @Override
  public int version() {
    return version;
  }

  @Override
  public int oldestWritten() {
    return oldestWritten;
  }

  /**
   * @throws IllegalArgumentException when the bytes are not such a value; names the field, never
   *     the payload
   */
  @Override
  public T decode(byte[] bytes, int version) {
    T value;
    try {
      value =
          version == this.version ? reader.readValue(bytes) : reader.readValue(up(bytes, version));
    } catch (IOException wrong) {
      // Jackson's message quotes the input, which must not reach a log: no cause, own words.
      throw new IllegalArgumentException(named(version) + describe(wrong));
    }
    if (value == null) {
      throw new IllegalArgumentException(named(version) + ": is null");
    }
    return value;
  }

  @Override
  public byte[] encode(T value) {
    try {
      return writer.writeValueAsBytes(value);
    } catch (JsonProcessingException wrong) {
      throw unwritable(wrong);
    }
  }

  /**
   * @throws IllegalArgumentException when there is no step down to that version, too
   */
  @Override
  public byte[] encode(T value, int version) {
    if (version == this.version) {
      return encode(value);
    }
    if (version > this.version || version < oldestWritten()) {
      throw new IllegalArgumentException(
          named(version)
              + ": this codec writes versions "
              + oldestWritten()
              + " to "
              + this.version
              + "; downgrading(from, step) adds older ones");
    }
    try {
      JsonNode tree = tree(encode(value));
      for (int from = this.version; from > version; from--) {
        tree = step("downgrading", from, downgrades, tree);
      }
      return mapper.writeValueAsBytes(tree);
    } catch (JsonProcessingException wrong) {
      throw unwritable(wrong);
    } catch (IOException impossible) {
      throw new AssertionError("bytes are read from memory", impossible);
    }
  }

  /** With each number as it is written: on its way through a double an amount would change. */
  private JsonNode tree(byte[] bytes) throws IOException {
    return mapper
        .reader()
        .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
        .readTree(bytes);
  }

  private JsonNode up(byte[] bytes, int version) throws IOException {
    if (version > this.version) {
      throw new IllegalArgumentException(
          named(version) + ": a newer program wrote it, this one reads up to " + this.version);
    }
    JsonNode tree = tree(bytes);
    for (int from = version; from < this.version; from++) {
      tree = step("upgrading", from, upgrades, tree);
    }
    return tree;
  }

  private JsonNode step(
      String name, int from, Map<Integer, UnaryOperator<ObjectNode>> steps, JsonNode tree) {
    var step = steps.get(from);
    if (step == null) {
      throw new IllegalArgumentException(
          named(from) + ": there is no " + name + "(" + from + ", ...) to read it with");
    }
    if (!(tree instanceof ObjectNode object)) {
      throw new IllegalArgumentException(
          named(from) + ": is no JSON object, and " + name + " takes only those");
    }
    ObjectNode made;
    try {
      made = step.apply(object);
    } catch (RuntimeException thrown) {
      // Its message may quote the value.
      throw new IllegalArgumentException(
          named(from) + ": " + name + " it failed with " + thrown.getClass().getName());
    }
    if (made == null) {
      throw new IllegalArgumentException(named(from) + ": " + name + " it answered null");
    }
    return made;
  }

  private Map<Integer, UnaryOperator<ObjectNode>> with(
      Map<Integer, UnaryOperator<ObjectNode>> steps,
      String name,
      int from,
      UnaryOperator<ObjectNode> step) {
    var more = new TreeMap<>(steps);
    if (more.put(from, Objects.requireNonNull(step, "step")) != null) {
      throw new IllegalArgumentException(
          type.getSimpleName() + ": " + name + "(" + from + ", ...) is there already");
    }
    return StableCopy.of(more);
  }

  private IllegalArgumentException unwritable(JsonProcessingException wrong) {
    return new IllegalArgumentException(
        type.getSimpleName() + ": can't be written as JSON" + describe(wrong));
  }

  private String named(int version) {
    return type.getSimpleName() + (version == this.version ? "" : " of version " + version);
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
    String path = mapping.getPath().stream().map(Json::nameOf).collect(Collectors.joining("."));
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

  /** The keys of a map are as much the user's as its values are. */
  private static String nameOf(JsonMappingException.Reference step) {
    if (step.getFieldName() == null) {
      return "" + step.getIndex();
    }
    var from = step.getFrom();
    boolean ofMap = from instanceof Map || (from instanceof Class<?> type && isMap(type));
    return ofMap ? "(key)" : step.getFieldName();
  }

  private static boolean isMap(Class<?> type) {
    return Map.class.isAssignableFrom(type);
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
