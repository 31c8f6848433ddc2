package io.headrace.function.lambda;

import io.headrace.function.LambdaCall;
import io.headrace.function.LambdaHandler;
import io.headrace.function.LambdaHandlerException;
import io.headrace.function.LambdaHandlers;
import java.lang.reflect.InvocationTargetException;
import java.util.function.Supplier;

/**
 * A handler's class, looked up. Immutable.
 *
 * @param isStatic no instance is needed
 * @param invocations one for each instance: its serializers were written for one call at a time,
 *     too
 */
record HandlerCode(
    LambdaHandler handler,
    Class<?> type,
    boolean isStatic,
    Supplier<Invocation> invocations,
    AnswerJson answers)
    implements LambdaHandlers.Code {
  /** What AWS Lambda lets an answer have. */
  private static final int ANSWER_BYTES_MAX = 6 << 20;

  @Override
  public LambdaHandlers.Instance instance() {
    var thread = Thread.currentThread();
    var before = thread.getContextClassLoader();
    thread.setContextClassLoader(handler.code());
    try {
      if (isStatic) {
        // As in Lambda nothing is made; what a static method is called on is not looked at.
        return new One(
            Class.forName(type.getName(), true, type.getClassLoader()), invocations.get());
      }
      return new One(type.getConstructor().newInstance(), invocations.get());
    } catch (InvocationTargetException thrown) {
      var cause = thrown.getCause() == null ? thrown : thrown.getCause();
      rethrowFatal(cause);
      throw new LambdaHandlerException(
          "handler "
              + handler.name()
              + ": its constructor threw "
              + cause.getClass().getName()
              + (cause.getMessage() == null ? "" : ": " + ResolvedHandlers.firstLine(cause)),
          cause);
    } catch (ReflectiveOperationException | LinkageError broken) {
      throw new LambdaHandlerException(
          "handler " + handler.name() + ": can't be made: " + ResolvedHandlers.because(broken),
          broken);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** An error of the virtual machine is nothing that a sentence mends. */
  private static void rethrowFatal(Throwable cause) {
    if (cause instanceof VirtualMachineError fatal && !(cause instanceof StackOverflowError)) {
      throw fatal;
    }
  }

  /** An instance; by one thread at a time. */
  private final class One implements LambdaHandlers.Instance {
    private final Object instance;
    private final Invocation invocation;

    One(Object instance, Invocation invocation) {
      this.instance = instance;
      this.invocation = invocation;
    }

    @Override
    public LambdaHandlers.Answer call(LambdaCall call) throws Exception {
      var event = EventJson.of(handler, call);
      var answer = new BoundedAnswer(ANSWER_BYTES_MAX);
      var thread = Thread.currentThread();
      var before = thread.getContextClassLoader();
      thread.setContextClassLoader(handler.code());
      try {
        invocation.call(instance, event, answer, new CallContext(handler, call));
      } finally {
        thread.setContextClassLoader(before);
      }
      return answers.read(call, answer.toByteArray());
    }

    @Override
    public void close() throws Exception {
      if (instance instanceof AutoCloseable closeable) {
        closeable.close();
      }
    }
  }
}
