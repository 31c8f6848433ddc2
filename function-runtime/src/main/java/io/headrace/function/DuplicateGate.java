package io.headrace.function;

import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSink;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before every kind of handler and drops records whose producer put them twice, as {@link
 * Input#deduplicatedBy} says. Ids are found on the invocation pool, one batch of the shard after
 * the other, so records keep their order. A record whose id can't be found goes on: whatever is
 * wrong with it is the handler's to tell. Owned by the worker loop.
 */
final class DuplicateGate<I> extends Gate {
  /** The part of a commit that has the ids. */
  static final String PART = "ids";

  private static final Logger LOG = LoggerFactory.getLogger(DuplicateGate.class);

  private final Scope scope;
  private final Decoder<I> decoder;
  private final @Nullable Function<? super I, String> id;
  private final StateSpace space;
  private final SeenIds seen;
  private final StateRoom room;

  /** Came while ids of others were looked for, in the shard's order. */
  private final ArrayDeque<List<StreamRecord>> waiting = new ArrayDeque<>();

  /** Whose ids are being found; null when none are. */
  private @Nullable List<StreamRecord> finding;

  private boolean draining;
  private boolean toldShort;
  private long duplicates;

  DuplicateGate(Scope scope, Decoder<I> decoder, Input.Deduplication<I> by, ShardHandler behind) {
    super(behind);
    this.scope = scope;
    this.decoder = decoder;
    this.id = by.id();
    this.space = HandlerState.open(scope, PART, (key, one, other) -> one);
    this.seen = new SeenIds(by.span(), space);
    this.room = new StateRoom(scope, space, this::next);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return space
        .restore(parts)
        .thenCompose(origins -> StateErasure.obey(scope, space, origins))
        .thenCompose(origins -> space.scan(EntryKind.SEEN))
        .thenApply(seen::restoring)
        .thenCompose(restored -> Scope.onLoop(scope, restored))
        .thenCompose(done -> super.restore(parts))
        .thenRun(() -> HandlerState.sweep(scope, parts));
  }

  @Override
  public void handle(List<StreamRecord> records) {
    waiting.add(records);
    next();
  }

  /** What is not judged yet may have an earlier time. */
  @Override
  public void atTip() {
    if (finding == null && waiting.isEmpty()) {
      super.atTip();
    }
  }

  /** What is not judged yet is the next owner's. */
  @Override
  public void drain() {
    draining = true;
    var left = new ArrayList<Position>();
    if (finding != null) {
      waiting.addFirst(finding);
      finding = null;
    }
    waiting.forEach(records -> records.forEach(record -> left.add(record.position())));
    waiting.clear();
    scope.giveBack(left);
    super.drain();
  }

  private void next() {
    if (finding != null || draining || waiting.isEmpty() || room.isFull()) {
      return;
    }
    var records = waiting.remove();
    finding = records;
    scope.onPool(
        scope.environment.pool(),
        () -> {
          var ids = new ArrayList<@Nullable String>(records.size());
          for (var record : records) {
            ids.add(idOf(record));
          }
          scope.post(() -> found(records, ids));
        });
  }

  /** Null where there is none, for whatever reason. */
  private @Nullable String idOf(StreamRecord record) {
    if (id == null) {
      return record.headers().get(StreamSink.Entry.ID);
    }
    try {
      var decoded = decoder.decode(record);
      var found = decoded.end() ? null : id.apply(decoded.value());
      // Nothing is what a field holds that its producer never set: one id of all such records. And
      // two that were cut within a character would have the same digest.
      boolean isNone = found == null || found.isEmpty() || StateKey.halfPairIn(found) >= 0;
      return isNone ? null : found;
    } catch (Exception | StackOverflowError thrown) {
      return null;
    }
  }

  private void found(List<StreamRecord> records, List<@Nullable String> ids) {
    if (finding != records) {
      return; // They went back to the next owner meanwhile.
    }
    finding = null;
    var passed = new ArrayList<StreamRecord>(records.size());
    for (int i = 0; i < records.size(); i++) {
      var record = records.get(i);
      var found = ids.get(i);
      if (found == null || seen.isNew(record, found)) {
        passed.add(record);
      } else {
        drop(record.position());
      }
    }
    tellIfShort();
    if (!passed.isEmpty()) {
      behind.handle(passed);
    }
    next();
  }

  private void drop(Position position) {
    duplicates++;
    scope.tell(
        new FunctionEvent.DuplicateDropped(
            scope.function, scope.context.key(), position, duplicates));
    scope.context.outcomes().settled(position, Outcome.FILTERED);
  }

  private void tellIfShort() {
    if (seen.forgottenEarly() > 0 && !toldShort) {
      toldShort = true;
      LOG.warn(
          "function {}, shard {}: more than {} ids within the span of deduplicatedBy; the oldest"
              + " are forgotten before their time, and a duplicate of one of them would be handled."
              + " Shorten the span, or split the shard",
          scope.function,
          scope.context.key(),
          SeenIds.IDS_MAX);
    }
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    var stored = space.snapshot();
    return super.snapshot().thenCombine(stored, DuplicateGate::together);
  }

  /** Parts of two that store by themselves. */
  static CommitParts together(CommitParts one, CommitParts other) {
    var all = new HashMap<>(one.parts());
    all.putAll(other.parts());
    return new CommitParts(all);
  }

  @Override
  public void committed(CommitParts parts) {
    space.committed(parts);
    super.committed(parts);
  }

  @Override
  public void abandon() {
    space.close();
    super.abandon();
  }

  @Override
  public void close() {
    space.close();
    super.close();
  }
}
