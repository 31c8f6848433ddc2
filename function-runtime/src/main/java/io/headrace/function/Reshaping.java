package io.headrace.function;

import io.headrace.checkpoint.FunctionItem;
import io.headrace.checkpoint.FunctionRegister;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.Stored;
import io.headrace.lease.WorkerItem;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A function that is made another one under its name, while its state is dropped: only when no
 * worker is alive, since one that runs the former would go on keeping its state. Called as {@link
 * Operations}.
 */
final class Reshaping {
  private final String application;
  private final LeaseTable leases;
  private final FunctionRegister register;
  private final EventLoop loop;

  Reshaping(String application, LeaseTable leases, FunctionRegister register, EventLoop loop) {
    this.application = application;
    this.leases = leases;
    this.register = register;
    this.loop = loop;
  }

  /**
   * Looks whether the function is to become another one, and whether that may be done.
   *
   * @param allShards whether it is moved in all of them
   * @param emptyState whether its state is dropped, in so many words
   * @return the shape that is stored now; empty when it stays as it is
   */
  CompletionStage<Optional<FunctionShape>> before(
      FunctionSpec<?, ?> spec, boolean allShards, boolean emptyState) {
    return register
        .all()
        .thenCompose(
            all -> {
              var former = former(spec, all);
              if (former.isEmpty()) {
                return CompletableFuture.completedFuture(former);
              }
              var wrong = IdentityCheck.changed(application, spec, former.get()).orElse("");
              if (!allShards || !emptyState) {
                throw new IllegalArgumentException("seek of " + spec.name() + ": " + wrong);
              }
              return workers()
                  .thenCompose(before -> alive(before))
                  .thenApply(
                      alive -> {
                        if (!alive.isEmpty()) {
                          throw new IllegalArgumentException(
                              "seek of "
                                  + spec.name()
                                  + ": the workers "
                                  + alive
                                  + " are alive and would go on with the former specification;"
                                  + " stop them first. "
                                  + wrong);
                        }
                        return former;
                      });
            });
  }

  private static Optional<FunctionShape> former(FunctionSpec<?, ?> spec, List<FunctionItem> all) {
    return all.stream()
        .filter(item -> item.function().equals(spec.name()) && !item.shape().isEmpty())
        .map(item -> new FunctionShape(item.shape()))
        .filter(stored -> !FunctionShape.of(spec).differences(stored).isEmpty())
        .findFirst();
  }

  private CompletionStage<List<Stored<WorkerItem>>> workers() {
    return leases
        .surveyWorkers(application)
        .thenApply(
            survey -> survey.found().stream().filter(item -> !item.item().state().gone()).toList());
  }

  /** Who is alive beats within its lease time; who has crashed does not. */
  private CompletionStage<List<String>> alive(List<Stored<WorkerItem>> before) {
    var longest = before.stream().map(item -> item.item().leaseTime()).max(Duration::compareTo);
    if (longest.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    Map<String, Long> beats = new HashMap<>();
    before.forEach(item -> beats.put(item.item().incarnation().workerId(), item.revision()));
    var waited = new CompletableFuture<Void>();
    var unused = loop.schedule(longest.get(), () -> waited.complete(null));
    return waited
        .thenCompose(done -> workers())
        .thenApply(
            now ->
                now.stream()
                    .filter(
                        item ->
                            item.revision()
                                != beats.getOrDefault(item.item().incarnation().workerId(), 0L))
                    .map(item -> item.item().incarnation().workerId())
                    .toList());
  }

  /** The state is dropped everywhere: from now on the function is what its specification says. */
  CompletionStage<Void> after(FunctionSpec<?, ?> spec, FunctionShape former) {
    return register
        .redescribe(spec.name(), former.words(), FunctionShape.of(spec).words())
        .thenAccept(done -> {});
  }
}
