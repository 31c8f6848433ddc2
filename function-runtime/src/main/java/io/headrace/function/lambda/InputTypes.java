package io.headrace.function.lambda;

import io.headrace.function.LambdaHandler;
import java.io.Closeable;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.Set;

/** Which types a stream's event, a JSON object, can be read as. */
final class InputTypes {
  private static final String EVENTS = "com.amazonaws.services.lambda.runtime.events.";

  /** By name: the handler may bring classes of its own. */
  private static final Set<String> OURS =
      Set.of(EVENTS + "KinesisEvent", EVENTS + "KinesisTimeWindowEvent");

  private InputTypes() {}

  /** The type itself, where it can be; else a complaint. */
  static Type checked(LambdaHandler handler, Type type) {
    var raw = raw(type);
    if (raw.getName().startsWith(EVENTS) && !OURS.contains(raw.getName())) {
      throw ResolvedHandlers.refused(
          handler,
          "takes a "
              + raw.getSimpleName()
              + ", and a stream brings KinesisEvent or KinesisTimeWindowEvent");
    }
    boolean isNoObject =
        raw.isPrimitive()
            || raw.isArray()
            || raw.isEnum()
            || CharSequence.class.isAssignableFrom(raw)
            || Number.class.isAssignableFrom(raw)
            || Collection.class.isAssignableFrom(raw)
            || Closeable.class.isAssignableFrom(raw)
            || raw == Boolean.class
            || raw == Character.class;
    if (isNoObject) {
      throw ResolvedHandlers.refused(
          handler,
          "takes a "
              + raw.getSimpleName()
              + ", as which the event, a JSON object, can't be read; take a KinesisEvent, a Map or"
              + " a class with a field Records");
    }
    return type;
  }

  private static Class<?> raw(Type type) {
    if (type instanceof Class<?> plain) {
      return plain;
    }
    if (type instanceof ParameterizedType parameterized) {
      return (Class<?>) parameterized.getRawType();
    }
    return Object.class;
  }
}
