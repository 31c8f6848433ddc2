package io.headrace.function.lambda;

import com.amazonaws.services.lambda.runtime.Context;
import io.headrace.function.LambdaHandler;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which of the methods of a name is called: as in AWS Lambda's own runtime the one with the most
 * parameters, and of those the one that takes the context.
 */
final class MethodChoice {
  private static final int PARAMETERS_MAX = 3;

  private static final Comparator<Method> ORDER =
      Comparator.comparingInt(Method::getParameterCount).thenComparing(MethodChoice::takesContext);

  private MethodChoice() {}

  /** Whether the method that is named is a static one, for which no instance is needed. */
  static boolean isStatic(LambdaHandler handler, Class<?> type) {
    return handler.methodName().stream()
        .flatMap(name -> named(type, name))
        .filter(MethodChoice::isUsable)
        .max(ORDER)
        .filter(method -> Modifier.isStatic(method.getModifiers()))
        .isPresent();
  }

  static Invocation of(LambdaHandler handler, Class<?> type, String name) {
    var named = named(type, name).toList();
    if (named.isEmpty()) {
      throw ResolvedHandlers.refused(
          handler, type.getName() + " has no public method " + name + "; name one that it has");
    }
    var usable = named.stream().filter(MethodChoice::isUsable).toList();
    if (usable.isEmpty()) {
      throw ResolvedHandlers.refused(
          handler,
          "no method "
              + name
              + " of "
              + type.getName()
              + " has parameters that can be given: an event, an event and a Context, or"
              + " InputStream and OutputStream with or without a Context; found "
              + spell(named.get(0)));
    }
    return invocation(handler, only(handler, usable));
  }

  private static Method only(LambdaHandler handler, List<Method> usable) {
    var best = usable.stream().max(ORDER).orElseThrow();
    var rivals = usable.stream().filter(other -> ORDER.compare(other, best) == 0).toList();
    if (rivals.size() > 1) {
      throw ResolvedHandlers.refused(
          handler,
          "both "
              + spell(rivals.get(0))
              + " and "
              + spell(rivals.get(1))
              + " could be meant; rename one");
    }
    return best;
  }

  private static Stream<Method> named(Class<?> type, String name) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getName().equals(name) && !method.isBridge());
  }

  private static boolean isUsable(Method method) {
    int count = eventParameters(method);
    return count <= 1 || isStreaming(method);
  }

  private static Invocation invocation(LambdaHandler handler, Method method) {
    boolean context = takesContext(method);
    if (isStreaming(method)) {
      return Invocation.ofStreamMethod(method, context);
    }
    if (eventParameters(method) == 0) {
      return Invocation.ofMethod(handler, method, Object.class, false, context);
    }
    var input = InputTypes.checked(handler, method.getGenericParameterTypes()[0]);
    return Invocation.ofMethod(handler, method, input, true, context);
  }

  private static boolean takesContext(Method method) {
    var types = method.getParameterTypes();
    return types.length > 0 && types[types.length - 1] == Context.class;
  }

  private static int eventParameters(Method method) {
    return method.getParameterCount() - (takesContext(method) ? 1 : 0);
  }

  private static boolean isStreaming(Method method) {
    var types = method.getParameterTypes();
    return types.length <= PARAMETERS_MAX
        && eventParameters(method) == 2
        && types[0] == InputStream.class
        && types[1] == OutputStream.class;
  }

  private static String spell(Method method) {
    return method.getName()
        + Arrays.stream(method.getParameterTypes())
            .map(Class::getSimpleName)
            .toList()
            .toString()
            .replace('[', '(')
            .replace(']', ')');
  }
}
