package io.headrace.function.lambda;

import com.amazonaws.services.lambda.runtime.CustomPojoSerializer;
import com.amazonaws.services.lambda.runtime.serialization.PojoSerializer;
import com.amazonaws.services.lambda.runtime.serialization.events.LambdaEventSerializers;
import com.amazonaws.services.lambda.runtime.serialization.factories.JacksonFactory;
import io.headrace.function.LambdaHandler;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Turns JSON into what a handler takes and back, as AWS Lambda's own runtime chooses: event classes
 * by its mixins, other classes by the handler's {@link CustomPojoSerializer} where its jar brings
 * one, else by its Jackson.
 */
final class Serializers {
  private final LambdaHandler handler;
  private final @Nullable CustomPojoSerializer custom;

  /**
   * @throws io.headrace.function.LambdaHandlerException where the jar's own can't be made
   */
  Serializers(LambdaHandler handler) {
    this.handler = handler;
    this.custom = custom(handler);
  }

  PojoSerializer<Object> of(Type type) {
    if (type instanceof Class<?> plain
        && LambdaEventSerializers.isLambdaSupportedEvent(plain.getName())) {
      return event(plain);
    }
    // What a method without a result answers is never written.
    var known = type == void.class ? Object.class : type;
    return custom == null
        ? JacksonFactory.getInstance().getSerializer(known)
        : new Custom(custom, known);
  }

  /** Reads what it is asked for. */
  @SuppressWarnings("unchecked")
  private PojoSerializer<Object> event(Class<?> type) {
    return (PojoSerializer<Object>) LambdaEventSerializers.serializerFor(type, handler.code());
  }

  private static @Nullable CustomPojoSerializer custom(LambdaHandler handler) {
    try {
      var found = ServiceLoader.load(CustomPojoSerializer.class, handler.code()).iterator();
      var first = found.hasNext() ? found.next() : null;
      if (found.hasNext()) {
        throw ResolvedHandlers.refused(
            handler, "its class path names two services of CustomPojoSerializer; keep one");
      }
      return first;
    } catch (ServiceConfigurationError broken) {
      throw ResolvedHandlers.refused(
          handler, "its CustomPojoSerializer can't be made: " + ResolvedHandlers.because(broken));
    }
  }

  private record Custom(CustomPojoSerializer serializer, Type type)
      implements PojoSerializer<Object> {
    @Override
    public Object fromJson(InputStream json) {
      return serializer.fromJson(json, type);
    }

    @Override
    public Object fromJson(String json) {
      return serializer.fromJson(json, type);
    }

    @Override
    public void toJson(Object value, OutputStream to) {
      serializer.toJson(value, to, type);
    }
  }
}
