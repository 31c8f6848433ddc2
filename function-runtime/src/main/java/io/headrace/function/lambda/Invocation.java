package io.headrace.function.lambda;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import io.headrace.function.LambdaHandler;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * How an instance is called with an event in JSON. One thread at a time; on the invocation pool.
 */
@FunctionalInterface
interface Invocation {
  /**
   * @param answer takes the answer in JSON; nothing where there is none
   * @throws Exception what the handler threw
   */
  void call(Object instance, byte[] event, OutputStream answer, Context context) throws Exception;

  static Invocation ofStream() {
    return (instance, event, answer, context) ->
        ((RequestStreamHandler) instance)
            .handleRequest(new ByteArrayInputStream(event), answer, context);
  }

  static Invocation ofRequestHandler(LambdaHandler handler, Type input, Type output) {
    var serializers = new Serializers(handler);
    var reading = serializers.of(input);
    var writing = serializers.of(output);
    return (instance, event, answer, context) -> {
      // The type was found in the class itself.
      @SuppressWarnings("unchecked")
      var users = (RequestHandler<Object, Object>) instance;
      var result = users.handleRequest(reading.fromJson(new ByteArrayInputStream(event)), context);
      if (result != null) {
        writing.toJson(result, answer);
      }
    };
  }

  /** A method that takes the event's bytes and writes its answer's. */
  static Invocation ofStreamMethod(Method method, boolean takesContext) {
    return (instance, event, answer, context) -> {
      InputStream in = new ByteArrayInputStream(event);
      if (takesContext) {
        call(method, instance, in, answer, context);
      } else {
        call(method, instance, in, answer);
      }
    };
  }

  /** A method of any name, which may be static. */
  static Invocation ofMethod(
      LambdaHandler handler, Method method, Type input, boolean takesEvent, boolean takesContext) {
    var serializers = new Serializers(handler);
    var reading = serializers.of(input);
    var writing = serializers.of(method.getGenericReturnType());
    return (instance, event, answer, context) -> {
      var arguments = new Object[method.getParameterCount()];
      if (takesEvent) {
        arguments[0] = reading.fromJson(new ByteArrayInputStream(event));
      }
      if (takesContext) {
        arguments[arguments.length - 1] = context;
      }
      var result = call(method, instance, arguments);
      if (result != null) {
        writing.toJson(result, answer);
      }
    };
  }

  private static @Nullable Object call(Method method, Object instance, Object... arguments)
      throws Exception {
    try {
      return method.invoke(instance, arguments);
    } catch (InvocationTargetException thrown) {
      var cause = thrown.getCause();
      if (cause instanceof Exception exception) {
        throw exception;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw thrown;
    }
  }
}
