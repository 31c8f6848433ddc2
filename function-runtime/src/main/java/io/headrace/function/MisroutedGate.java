package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before every kind of handler and deals with {@link StreamRecord#misrouted} records as the
 * input says, so that no handler need know of them. Owned by the worker loop.
 *
 * <p>A record that is turned away waits for no lane: order by key is not promised for it.
 */
final class MisroutedGate extends Gate {
  static final String CODE = "Misrouted";

  private static final Logger LOG = LoggerFactory.getLogger(MisroutedGate.class);

  private final Scope scope;
  private final Misrouted fate;
  private final LetterWriter letters;
  private long found;

  MisroutedGate(Scope scope, Misrouted fate, LetterWriter letters, ShardHandler behind) {
    super(behind);
    this.scope = scope;
    this.fate = fate;
    this.letters = letters;
  }

  @Override
  public void handle(List<StreamRecord> records) {
    int first = 0;
    while (first < records.size() && !records.get(first).misrouted()) {
      first++;
    }
    if (first == records.size()) {
      behind.handle(records);
      return;
    }
    var ours = new ArrayList<>(records.subList(0, first));
    for (var record : records.subList(first, records.size())) {
      if (!record.misrouted()) {
        ours.add(record);
        continue;
      }
      tellFound(record.position());
      switch (fate) {
        case DELIVER -> ours.add(record);
        case DROP -> drop(record.position());
        case DEAD_LETTER -> write(record);
      }
    }
    if (!ours.isEmpty()) {
      behind.handle(ours);
    }
  }

  /** In a turn of its own, as all other outcomes are told. */
  private void drop(Position position) {
    scope.post(() -> scope.context.outcomes().settled(position, Outcome.DROPPED_AS_MISROUTED));
  }

  private void write(StreamRecord record) {
    var shard = scope.context.key();
    var position = record.position();
    var cause =
        new TerminalFailure(
            CODE, "an aggregate brought it into shard " + shard + ", to which it doesn't belong");
    letters.write(
        new TurnedAway(record, Decoder.id(shard, position)),
        new Failure(cause, CODE, true, false),
        CODE,
        () -> {
          scope.tell(new FunctionEvent.DeadLettered(scope.function, shard, position, 0, CODE));
          scope.context.outcomes().settled(position, Outcome.DEAD_LETTERED);
        });
  }

  private void tellFound(Position position) {
    found++;
    var shard = scope.context.key();
    if (found == 1) {
      LOG.warn(
          "function {}, shard {}: record {} belongs to another shard, an aggregate brought it here;"
              + " such records are {} (Input.misrouted). More of them here are counted and not"
              + " logged",
          scope.function,
          shard,
          position,
          switch (fate) {
            case DELIVER -> "handed to the function";
            case DROP -> "dropped";
            case DEAD_LETTER -> "put into the dead letters";
          });
    }
    scope.tell(new FunctionEvent.MisroutedFound(scope.function, shard, position, fate, found));
  }
}
