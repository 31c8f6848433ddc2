package io.headrace.function;

import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Makes handlers that were written for AWS Lambda callable, so that no other package need know its
 * classes. Found by {@link ServiceLoader}.
 */
public interface LambdaHandlers {
  /**
   * Looks a handler up without running any of its code.
   *
   * @throws LambdaHandlerException one sentence, where it can't be called
   */
  Code resolve(LambdaHandler handler);

  /** A handler's class and method. Immutable. */
  interface Code {
    /**
     * Runs the constructor. Any thread; may take long.
     *
     * @throws LambdaHandlerException one sentence, where there is no instance
     */
    Instance instance();
  }

  /** One instance of the handler's class; used by one thread at a time. */
  interface Instance extends AutoCloseable {
    /**
     * Calls the handler once.
     *
     * @throws Exception what the handler threw, or why it could not be called with the batch
     */
    Answer call(LambdaCall call) throws Exception;
  }

  /**
   * What a handler answered.
   *
   * @param state one JSON object; null where the answer has none
   */
  record Answer(BatchAnswer batch, @Nullable String state) {}

  /** The one on the class path. */
  static LambdaHandlers find() {
    try {
      return ServiceLoader.load(LambdaHandlers.class, LambdaHandlers.class.getClassLoader())
          .findFirst()
          .orElseThrow(() -> new ServiceConfigurationError("no LambdaHandlers"));
    } catch (ServiceConfigurationError | NoClassDefFoundError incomplete) {
      throw new LambdaHandlerException(
          "Lambda handlers need com.amazonaws:aws-lambda-java-core and"
              + " aws-lambda-java-serialization on the class path; add them",
          incomplete);
    }
  }
}
