package io.headrace.function.lambda;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import io.headrace.function.LambdaHandler;
import io.headrace.function.LambdaHandlerException;
import io.headrace.function.LambdaHandlers;
import java.lang.reflect.Modifier;
import java.util.Arrays;

/**
 * Looks handlers up as AWS Lambda's own runtime does. Stateless; used by whoever makes a
 * specification, through {@link java.util.ServiceLoader}.
 */
public final class ResolvedHandlers implements LambdaHandlers {
  private static final String INTERFACE_METHOD = "handleRequest";

  @Override
  public Code resolve(LambdaHandler handler) {
    try {
      var type = load(handler);
      boolean isStatic = MethodChoice.isStatic(handler, type);
      if (isStatic) {
        refuseUnlessPublic(handler, type);
      } else {
        refuseUnlessConstructible(handler, type);
      }
      var unused = invocation(handler, type); // What is wrong with it is said now.
      return new HandlerCode(
          handler, type, isStatic, () -> invocation(handler, type), new AnswerJson(handler));
    } catch (LambdaHandlerException refused) {
      throw refused;
    } catch (LinkageError | RuntimeException broken) {
      // Found late, as when a type in a signature is missing from the jar.
      throw new LambdaHandlerException(
          "handler " + handler.name() + ": can't be linked: " + because(broken), broken);
    }
  }

  private static Class<?> load(LambdaHandler handler) {
    try {
      return Class.forName(handler.className(), false, handler.code());
    } catch (ClassNotFoundException absent) {
      throw refused(handler, "there is no class " + handler.className() + " on its class path");
    }
  }

  private static void refuseUnlessConstructible(LambdaHandler handler, Class<?> type) {
    if (type.isInterface() || Modifier.isAbstract(type.getModifiers())) {
      throw refused(
          handler,
          type.getName()
              + (type.isInterface() ? " is an interface" : " is abstract")
              + "; name a class that can be made");
    }
    if (type.getEnclosingClass() != null && !Modifier.isStatic(type.getModifiers())) {
      throw refused(
          handler, type.getName() + " is an inner class, which needs an outer one; make it static");
    }
    refuseUnlessPublic(handler, type);
    if (Arrays.stream(type.getConstructors()).noneMatch(c -> c.getParameterCount() == 0)) {
      throw refused(
          handler, type.getName() + " has no public constructor without arguments; give it one");
    }
  }

  private static void refuseUnlessPublic(LambdaHandler handler, Class<?> type) {
    if (!Modifier.isPublic(type.getModifiers())) {
      throw refused(handler, type.getName() + " is not public; make it so");
    }
  }

  private static Invocation invocation(LambdaHandler handler, Class<?> type) {
    var method = handler.methodName();
    boolean byInterface = method.isEmpty() || method.get().equals(INTERFACE_METHOD);
    if (byInterface && RequestStreamHandler.class.isAssignableFrom(type)) {
      return Invocation.ofStream();
    }
    if (byInterface && RequestHandler.class.isAssignableFrom(type)) {
      var types = TypeArguments.of(type, RequestHandler.class);
      return Invocation.ofRequestHandler(
          handler, InputTypes.checked(handler, types.get(0)), types.get(1));
    }
    if (method.isEmpty()) {
      throw refused(
          handler,
          type.getName()
              + " is neither a RequestHandler nor a RequestStreamHandler; name its method, as "
              + type.getName()
              + "::handle");
    }
    return MethodChoice.of(handler, type, method.get());
  }

  static LambdaHandlerException refused(LambdaHandler handler, String why) {
    return new LambdaHandlerException("handler " + handler.name() + ": " + why);
  }

  /** Class and message as part of a sentence; of the cause where that says more. */
  static String because(Throwable thrown) {
    var cause = thrown.getCause();
    var said = thrown.getMessage() == null && cause != null ? cause : thrown;
    var message = firstLine(said);
    return said.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
  }

  static String firstLine(Throwable thrown) {
    var message = thrown.getMessage();
    return message == null ? "" : message.lines().findFirst().orElse("");
  }
}
