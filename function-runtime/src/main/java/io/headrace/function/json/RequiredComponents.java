package io.headrace.function.json;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.introspect.NopAnnotationIntrospector;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Makes every component of a record required, unless it is an Optional or marked nullable. */
final class RequiredComponents extends NopAnnotationIntrospector {
  private static final long serialVersionUID = 1;

  @Override
  public @Nullable Boolean hasRequiredMarker(AnnotatedMember member) {
    return isRequired(member) ? Boolean.TRUE : null;
  }

  @Override
  public JsonSetter.Value findSetterInfo(Annotated member) {
    return isRequired(member)
        ? JsonSetter.Value.forValueNulls(Nulls.FAIL)
        : JsonSetter.Value.empty();
  }

  private static boolean isRequired(Annotated member) {
    if (!(member instanceof AnnotatedParameter parameter)
        || !parameter.getDeclaringClass().isRecord()) {
      return false;
    }
    Class<?> type = parameter.getRawType();
    return type != Optional.class
        && type != OptionalInt.class
        && type != OptionalLong.class
        && type != OptionalDouble.class
        && !isNullable(parameter);
  }

  private static boolean isNullable(AnnotatedParameter parameter) {
    if (!(parameter.getOwner().getAnnotated() instanceof Constructor<?> constructor)) {
      return false;
    }
    AnnotatedType[] types = constructor.getAnnotatedParameterTypes();
    return parameter.getIndex() < types.length
        && types[parameter.getIndex()].isAnnotationPresent(Nullable.class);
  }
}
