package io.headrace.function;

import io.headrace.kcl.WorkerStatus;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.FleetSize;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A worker as its listeners may look at it. Any thread may ask; nothing here blocks. */
public interface ObservedWorker {
  String application();

  /** What the worker runs: a function with several inputs is there once for each. */
  List<FunctionInput> inputs();

  /** The worker loop: for time, and for looks now and then. */
  EventLoop loop();

  /** What {@link FunctionRuntime.Running#status} answers. */
  CompletionStage<WorkerStatus> status();

  /** What {@link FunctionRuntime.Running#health} answers. */
  Health health();

  /** What {@link FunctionRuntime.Running#outages} answers. */
  List<FunctionOutage> outages();

  /** What {@link FunctionRuntime.Running#callsUnderWay} answers. */
  int callsUnderWay();

  /** The fleet as this worker sees it. */
  FleetSize fleet();

  /**
   * For how long a stream keeps a record. Asks the stream: at most a few times an hour.
   *
   * @return empty where it does not say
   */
  CompletionStage<Optional<Duration>> retention(String stream);

  /**
   * A function and one of its streams.
   *
   * @param handler the name under which {@link io.headrace.kcl.WorkerEvent}s tell of them
   */
  record FunctionInput(String function, String stream, String handler) {}
}
