package io.headrace.local.store;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import io.headrace.local.engine.Change;
import io.headrace.local.engine.StateFormat;
import io.headrace.local.engine.StreamState;
import java.io.IOException;
import java.util.Locale;

/**
 * The state of a stream as JSON, which a person can read: every component of the records that it is
 * made of under its own name, and of a change its kind under {@code is}. Nothing may be missing and
 * nothing unknown, or it was written by another version. Any thread.
 */
public final class JsonStateFormat implements StateFormat {
  private final ObjectMapper mapper =
      JsonMapper.builder()
          .visibility(PropertyAccessor.ALL, Visibility.NONE)
          .visibility(PropertyAccessor.FIELD, Visibility.ANY)
          .visibility(PropertyAccessor.CREATOR, Visibility.ANY)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addMixIn(Change.class, Named.class)
          .build();

  public JsonStateFormat() {
    for (Class<?> change : Change.class.getPermittedSubclasses()) {
      mapper.registerSubtypes(
          new NamedType(change, change.getSimpleName().toLowerCase(Locale.ROOT)));
    }
  }

  @Override
  public byte[] write(StreamState state) {
    try {
      return mapper.writeValueAsBytes(state);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a state that cannot be written: " + e.getMessage(), e);
    }
  }

  @Override
  public StreamState read(byte[] bytes) {
    try {
      return mapper.readValue(bytes, StreamState.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "is")
  private interface Named {}
}
