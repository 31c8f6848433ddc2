package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Weather.Mishap;
import io.headrace.harness.fleet.Weather.Service;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The way of one process to the services that it shares with others. It lies outside the process,
 * so what was sent is carried out even if the process has died. On the world's loop only.
 */
interface Network {
  /**
   * Sends a request.
   *
   * @param carryOut does it, at the service; may be called twice
   * @param failure makes what the caller gets when there is no answer, from a sentence
   */
  <T> CompletionStage<T> send(
      Service to,
      String what,
      Supplier<CompletionStage<T>> carryOut,
      Function<String, ? extends RuntimeException> failure);

  /** Whether the next read is to be answered from an old copy. */
  boolean readsStale();

  /** How often what went wrong. */
  Map<Mishap, Long> met();

  long requests();

  /** Of these, those to the lease table and the progress store. */
  long tableRequests();

  /** Lays the way of a process that starts. */
  @FunctionalInterface
  interface Layer {
    Network lay(SimulatedProcess process, java.util.SplittableRandom random);
  }
}
