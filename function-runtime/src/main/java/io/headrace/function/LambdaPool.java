package io.headrace.function;

import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The instances of one handler's class within a worker: as many as are called at once, each used by
 * one lane at a time, as an environment of AWS Lambda is. Any thread.
 */
final class LambdaPool implements AutoCloseable {
  private final LambdaHandlers.Code code;
  private final ConcurrentLinkedQueue<LambdaHandlers.Instance> idle = new ConcurrentLinkedQueue<>();

  private volatile boolean closed;

  private LambdaPool(LambdaHandlers.Code code) {
    this.code = code;
  }

  /**
   * Makes the first instance at once, so that a constructor that throws ends the start and not the
   * first batch.
   *
   * @throws LambdaHandlerException where there is none
   */
  static LambdaPool open(LambdaHandlers.Code code) {
    var pool = new LambdaPool(code);
    pool.idle.add(code.instance());
    return pool;
  }

  /** Calls an instance that nobody else has; on the invocation pool. */
  LambdaHandlers.Answer call(LambdaCall call, Attempt attempt) throws Exception {
    var kept = idle.poll();
    var instance = kept != null ? kept : code.instance();
    try {
      var answer = instance.call(call);
      giveBack(instance);
      return answer;
    } catch (Throwable thrown) {
      // An exception is an answer like another; only a call that was cut short leaves doubts.
      boolean cut =
          thrown instanceof InterruptedException
              || Thread.currentThread().isInterrupted()
              || attempt.remaining().isZero();
      if (cut) {
        Machinery.closeQuietly(instance);
      } else {
        giveBack(instance);
      }
      throw thrown;
    }
  }

  /** A call may come back after the end: whoever of the two is later closes the instance. */
  private void giveBack(LambdaHandlers.Instance instance) {
    idle.add(instance);
    if (closed) {
      closeIdle();
    }
  }

  @Override
  public void close() {
    closed = true;
    closeIdle();
  }

  private void closeIdle() {
    for (var each = idle.poll(); each != null; each = idle.poll()) {
      Machinery.closeQuietly(each);
    }
  }
}
