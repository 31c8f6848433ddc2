package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.Orders;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What handlers share within one runtime.
 *
 * @param pool where user code is called
 * @param background for our own work that blocks: user code that holds every thread of the pool
 *     must not keep state and letters from being stored
 * @param random used on the worker loop only
 * @param outlets where outputs and letters go
 * @param events told on the worker loop
 * @param orders what operators want, as of a turn of the worker loop
 * @param calls how many calls of user code are under way, in line for a thread or on whatever one
 * @param letters where dead letters are kept beyond their sink
 * @param stuck the threads that do not come back from user code
 * @param telemetry who looks at calls
 */
record Environment(
    String application,
    Executor pool,
    Executor background,
    RandomGenerator random,
    Outlets outlets,
    ChunkStore chunks,
    Consumer<FunctionEvent> events,
    AtomicInteger calls,
    Supplier<Orders> orders,
    LetterKeeping letters,
    StuckThreads.Tally stuck,
    Telemetry telemetry) {
  Environment(
      String application,
      Executor pool,
      Executor background,
      RandomGenerator random,
      Outlets outlets,
      ChunkStore chunks,
      Consumer<FunctionEvent> events) {
    this(
        application,
        pool,
        background,
        random,
        outlets,
        chunks,
        events,
        new AtomicInteger(),
        () -> Orders.NONE,
        LetterKeeping.NONE,
        StuckThreads.Tally.unbounded(),
        Telemetry.NONE);
  }

  /** The same, with user code called elsewhere. */
  Environment callingOn(Executor other) {
    return new Environment(
        application,
        other,
        background,
        random,
        outlets,
        chunks,
        events,
        calls,
        orders,
        letters,
        stuck,
        telemetry);
  }
}
