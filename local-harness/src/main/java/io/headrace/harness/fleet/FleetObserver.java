package io.headrace.harness.fleet;

import io.headrace.kcl.WorkerEvent;

/** Sees what happens in a simulated fleet, for figures. On the world's loop only. */
interface FleetObserver {
  FleetObserver NONE = new FleetObserver() {};

  /** A worker tells its operator something. */
  default void told(SimulatedProcess process, WorkerEvent event) {}

  /** A function is called. */
  default void begins(Puts.Put put) {}
}
