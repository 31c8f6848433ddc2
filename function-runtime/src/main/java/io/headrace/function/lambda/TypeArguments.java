package io.headrace.function.lambda;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a class puts in for the type variables of an interface, through all that it extends. */
final class TypeArguments {
  private TypeArguments() {}

  /**
   * @param type implements {@code wanted}
   * @return as many as {@code wanted} has variables; {@code Object} where the class says nothing
   */
  static List<Type> of(Class<?> type, Class<?> wanted) {
    var found = find(type, Map.of(), wanted);
    if (found == null) {
      throw new IllegalArgumentException(type + " is no " + wanted);
    }
    return found;
  }

  private static @Nullable List<Type> find(
      Type type, Map<TypeVariable<?>, Type> outer, Class<?> wanted) {
    var bound = new HashMap<TypeVariable<?>, Type>();
    Class<?> raw;
    if (type instanceof ParameterizedType parameterized) {
      raw = (Class<?>) parameterized.getRawType();
      var variables = raw.getTypeParameters();
      var arguments = parameterized.getActualTypeArguments();
      for (int i = 0; i < variables.length; i++) {
        var argument = arguments[i];
        bound.put(
            variables[i],
            argument instanceof TypeVariable<?> variable
                ? outer.getOrDefault(variable, Object.class)
                : argument);
      }
    } else {
      raw = (Class<?>) type;
    }
    if (raw == wanted) {
      return Arrays.stream(raw.getTypeParameters())
          .map(variable -> bound.getOrDefault(variable, Object.class))
          .toList();
    }
    for (var each : raw.getGenericInterfaces()) {
      var found = find(each, bound, wanted);
      if (found != null) {
        return found;
      }
    }
    var above = raw.getGenericSuperclass();
    return above == null ? null : find(above, bound, wanted);
  }
}
