package io.headrace.harness.fleet;

import io.headrace.lease.Stored;
import io.headrace.lease.WorkerItem;
import io.headrace.lease.Written;
import java.util.concurrent.CompletionStage;
import java.util.function.BinaryOperator;

/** Faults of workers that hold nothing: at the table, where all their heartbeats pass. */
final class PlantedStandbyFaults {
  /** How much longer than others a standby may be thought alive. */
  private static final int SLOWER = 5;

  private PlantedStandbyFaults() {}

  /** Its heartbeats tell the lease time of one who beats more often. */
  static Plant notBelieved() {
    return beats(
        (seen, next) ->
            next.standby() ? next.beating(true, next.leaseTime().dividedBy(SLOWER)) : next);
  }

  /** It takes its heartbeat for stored as it was meant, and the table still says that it sleeps. */
  static Plant neverWakes() {
    return PlantedLeaseFaults.atTable(
        table ->
            new TableShim(table) {
              @Override
              public CompletionStage<Written<WorkerItem>> beat(
                  String application,
                  Stored<WorkerItem> seen,
                  WorkerItem next,
                  long revision,
                  String writeToken) {
                var there =
                    worker(application, next.incarnation().workerId())
                        .toCompletableFuture()
                        .join()
                        .map(Stored::item)
                        .filter(
                            item ->
                                item.standby() && item.incarnation().equals(next.incarnation()));
                if (there.isEmpty() || next.standby()) {
                  return super.beat(application, seen, next, revision, writeToken);
                }
                var asleep = next.beating(true, there.get().leaseTime());
                return super.beat(application, seen, asleep, revision, writeToken)
                    .thenApply(written -> asMeant(written, next));
              }
            });
  }

  private static Written<WorkerItem> asMeant(Written<WorkerItem> written, WorkerItem next) {
    if (!(written instanceof Written.Applied<WorkerItem> applied)) {
      return written;
    }
    var now = applied.now();
    return new Written.Applied<>(new Stored<>(next, now.nonce(), now.revision(), now.writeToken()));
  }

  /**
   * @param change from the heartbeat confirmed last, and the one on its way, to what arrives
   */
  private static Plant beats(BinaryOperator<WorkerItem> change) {
    return PlantedLeaseFaults.atTable(
        table ->
            new TableShim(table) {
              @Override
              public CompletionStage<Written<WorkerItem>> beat(
                  String application,
                  Stored<WorkerItem> seen,
                  WorkerItem next,
                  long revision,
                  String writeToken) {
                return super.beat(
                    application, seen, change.apply(seen.item(), next), revision, writeToken);
              }
            });
  }
}
