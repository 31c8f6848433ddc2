package io.headrace.function;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every kind of handler, so that the outbox is a part of its commits. One that has
 * none itself, as its outputs leave before the commit, empties what a former version left, and
 * sends nothing of its own until then. Owned by the worker loop.
 */
final class OutboxGate extends Gate implements FilterGate.Witness {
  private final Scope scope;
  private final Supplier<Outbox> opens;
  private @Nullable Outbox outbox;

  private OutboxGate(
      Scope scope, @Nullable Outbox outbox, Supplier<Outbox> opens, ShardHandler behind) {
    super(behind);
    this.scope = scope;
    this.outbox = outbox;
    this.opens = opens;
  }

  /**
   * @param handler makes what stands behind; it finds the outbox in its scope
   */
  static ShardHandler before(
      Scope scope,
      FunctionSpec<?, ?> spec,
      FunctionOutlets<?> outlets,
      Supplier<ShardHandler> handler) {
    var committing = spec.settings().committing();
    Supplier<Outbox> opens = () -> new Outbox(scope, outlets, committing.outputs());
    boolean waits = spec.kind().keys() != null && !committing.early();
    if (waits) {
      scope.outbox = opens.get();
    }
    return new OutboxGate(scope, scope.outbox, opens, handler.get());
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    if (outbox == null
        && parts.stream().anyMatch(each -> each.parts().containsKey(CommitParts.OUTBOX))) {
      outbox = opens.get();
      scope.formerOutbox = outbox;
    }
    var restored = outbox;
    return restored == null
        ? super.restore(parts)
        : restored
            .restore(parts)
            .thenCompose(done -> super.restore(parts))
            .thenCompose(done -> restored.begin());
  }

  @Override
  public void handle(List<StreamRecord> records) {
    behind.handle(records);
  }

  @Override
  public void keptBack(Instant latestArrival) {
    if (behind instanceof FilterGate.Witness witness) {
      witness.keptBack(latestArrival);
    }
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    if (outbox == null) {
      return super.snapshot();
    }
    var own = outbox.snapshot();
    return super.snapshot().thenCombine(own, DuplicateGate::together);
  }

  @Override
  public void committed(CommitParts parts) {
    super.committed(parts);
    if (outbox != null) {
      outbox.committed(parts);
    }
  }

  @Override
  public CompletionStage<Void> departed() {
    return outbox == null ? super.departed() : outbox.departed();
  }

  @Override
  public KeyStanding keys() {
    var behind = super.keys();
    return outbox == null ? behind : outbox.standing(behind);
  }

  @Override
  public void abandon() {
    super.abandon();
    if (outbox != null) {
      outbox.close();
    }
  }

  @Override
  public void close() {
    super.close();
    if (outbox != null) {
      outbox.close();
    }
  }
}
