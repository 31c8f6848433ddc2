package io.headrace.function;

import static java.util.stream.Collectors.toSet;

import io.headrace.function.through.Address;
import io.headrace.function.through.Envelope;
import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.function.through.EnvelopeException;
import io.headrace.function.through.EnvelopeException.Reason;
import io.headrace.function.through.EnvelopeFormat;
import io.headrace.function.through.Upstreams;
import io.headrace.function.through.UpstreamsFormat;
import io.headrace.function.through.UpstreamsFormat.Kept;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Payload;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Stands before the second stage of a function that is keyed across shards: opens envelopes, drops
 * what was carried twice, and turns marks into the watermark of its shard. Owned by the worker
 * loop.
 */
final class ThroughReceiver extends Gate {
  /** The part of a commit that says what was seen of the shards upstream. */
  static final String PART = "carried";

  /** What the last word of its chunks' names begins with, behind the run that put them. */
  private static final String KIND = "c";

  private final Scope scope;
  private final Address address;
  private final List<String> inputs;
  private final LetterWriter letters;

  /** Whether the function behind wants to know up to which event time all is read. */
  private final boolean timed;

  private final StateKeeper keeper;
  private Upstreams upstreams;

  /** Handed on and not settled; of marks, the watermark as of their place. */
  private final Map<Position, Instant> unfinished = new HashMap<>();

  /** Unfinished at the restored commit and not handed over again since. */
  private final Map<Position, Instant> awaited = new HashMap<>();

  private boolean changed;
  private long duplicates;

  ThroughReceiver(
      Scope scope,
      Address address,
      List<String> inputs,
      boolean timed,
      LetterWriter letters,
      Overhearing engine,
      ShardHandler behind) {
    super(behind);
    this.scope = scope;
    this.address = address;
    this.inputs = List.copyOf(inputs);
    this.timed = timed;
    this.letters = letters;
    this.keeper = new StateKeeper(scope, PART, KIND);
    this.upstreams = new Upstreams(inputs);
    engine.hears(this::passes);
  }

  /**
   * Whether that is how a chunk of what was seen is named.
   *
   * @param word the last of the name
   */
  static boolean isChunk(String word) {
    return word.startsWith(KIND, word.lastIndexOf('.') + 1);
  }

  /** The chunks of what was seen that commits name: each holds all of it. */
  static Set<String> chunksIn(List<CommitParts> commits) {
    return commits.stream()
        .flatMap(commit -> StateRoot.of(commit, PART).stream())
        .map(StateRoot::chunk)
        .collect(toSet());
  }

  /** The code of letters for records that are no envelopes of the function's. */
  static String codeOf(EnvelopeException thrown) {
    return switch (thrown.reason()) {
      case NOT_AN_ENVELOPE -> "NotAnEnvelope";
      case DAMAGED -> "DamagedEnvelope";
      case FOREIGN -> "ForeignEnvelope";
      case TOO_NEW -> "EnvelopeTooNew";
    };
  }

  /** What the user sees of a record's bytes. */
  static byte[] shown(Address address, byte[] bytes) {
    try {
      var envelope = EnvelopeFormat.read(address, bytes);
      if (envelope instanceof Partial partial) {
        return partial.sum();
      }
      return envelope instanceof Carried carried ? carried.payload() : bytes;
    } catch (EnvelopeException none) {
      return bytes;
    }
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return keeper
        .loadChunks(parts)
        .thenApply(chunks -> chunks.stream().map(this::read).toList())
        .thenCompose(kept -> Scope.onLoop(scope, () -> install(kept)))
        .thenCompose(done -> super.restore(parts));
  }

  private Kept read(StateKeeper.Stored chunk) {
    return UpstreamsFormat.read(
        "function " + scope.function + ", chunk " + chunk.name(), chunk.bytes(), inputs);
  }

  private void install(List<Kept> all) {
    if (all.size() == 1 && !keeper.isInherited()) {
      upstreams = all.get(0).upstreams();
      awaited.putAll(all.get(0).unfinished());
      return;
    }
    if (all.size() == 1) {
      // Of a copy of this very shard, to which it went back; parents that ended left none.
      awaited.putAll(all.get(0).unfinished());
    }
    for (var parent : all) {
      upstreams.join(parent.upstreams());
      changed = true;
    }
  }

  @Override
  public void handle(List<StreamRecord> records) {
    var passed = new ArrayList<StreamRecord>(records.size());
    for (var record : records) {
      if (record.misrouted()) {
        settle(record.position()); // Whoever put it puts it again, into the shard of its key.
        continue;
      }
      try {
        take(record, EnvelopeFormat.read(address, record.payload().bytes()), passed);
      } catch (EnvelopeException refused) {
        if (refused.reason() == Reason.TOO_NEW) {
          scope.fail(refused);
          return;
        }
        write(record, refused);
      } catch (IOException late) {
        scope.fail(late); // Streams that are written hand payloads over with their records.
        return;
      }
    }
    if (!passed.isEmpty()) {
      behind.handle(passed);
    }
  }

  private void take(StreamRecord record, Envelope envelope, List<StreamRecord> passed)
      throws IOException {
    var position = record.position();
    var before = before(position);
    changed = true;
    if (envelope instanceof Carried carried) {
      if (before != null || upstreams.isNew(carried, record.arrivedAt())) {
        unfinished.put(position, Instant.MIN);
        passed.add(opened(record, carried));
      } else {
        tellDuplicate(position);
        settle(position);
      }
    } else if (envelope instanceof Partial partial) {
      // Before the shard may go to a worker that can't read it.
      scope.environment.versions().found(scope.function + PartialSums.PART, PartialSums.VERSION);
      var standing = before != null ? Upstreams.Standing.NEW : upstreams.take(partial);
      switch (standing) {
        case NEW -> {
          unfinished.put(position, Instant.MIN);
          var read = new PartialPayload(record.payload().bytes(), partial);
          passed.add(with(record, read, Map.of()));
        }
        case SEEN -> {
          tellDuplicate(position);
          settle(position);
        }
        case SEEN_IN_PART ->
            letter(
                record.position(),
                new OverlappingSum(record, partial, CarriedEvent.idOf(partial)),
                OverlappingSum.failure(partial));
      }
    } else if (envelope instanceof Mark mark) {
      boolean moved = upstreams.take(mark, record.arrivedAt());
      if (timed && (moved || before != null)) {
        // What was read ahead of the commit may have moved it further, and is not handed on yet.
        var time = before != null ? before : upstreams.watermark();
        unfinished.put(position, time);
        var read = new Watermark(time, upstreams.reached(), record.payload().size());
        passed.add(with(record, read, Map.of()));
      } else {
        settle(position);
      }
    }
  }

  /**
   * What was handed on before the commit is no duplicate of itself; null for all else. Records come
   * in order: those that lie before this one are gone from the stream.
   */
  private @Nullable Instant before(Position position) {
    if (awaited.isEmpty()) {
      return null;
    }
    var known = awaited.remove(position);
    if (known == null) {
      var gone = awaited.keySet().stream().filter(each -> each.compareTo(position) < 0).toList();
      if (!gone.isEmpty()) {
        gone.forEach(awaited::remove);
        behind.foundDone(gone);
      }
    }
    return known;
  }

  private static StreamRecord opened(StreamRecord record, Carried carried) throws IOException {
    return with(record, new CarriedPayload(record.payload().bytes(), carried), carried.headers());
  }

  private static StreamRecord with(
      StreamRecord record, Payload payload, Map<String, String> headers) {
    return new StreamRecord(
        record.position(), record.key(), record.arrivedAt(), payload, headers, record.misrouted());
  }

  /** In a turn of its own, as all other outcomes are told. */
  private void settle(Position position) {
    scope.post(() -> scope.context.outcomes().settled(position, Outcome.FILTERED));
  }

  private boolean passes(Position position, Outcome outcome) {
    changed |= unfinished.remove(position) != null;
    return true;
  }

  /** Event time is told by marks, whatever the clock here says. */
  @Override
  public void atTip() {}

  @Override
  public CompletionStage<CommitParts> snapshot() {
    boolean was = changed;
    changed = false;
    var open = new HashMap<>(unfinished);
    open.putAll(awaited);
    byte[] bytes = was ? UpstreamsFormat.write(upstreams, open) : new byte[0];
    var stored =
        keeper
            .snapshotOf(was, () -> bytes)
            .whenComplete((parts, thrown) -> changed |= thrown != null);
    return super.snapshot().thenCombine(stored, DuplicateGate::together);
  }

  @Override
  public void committed(CommitParts parts) {
    keeper.committed(parts);
    super.committed(parts);
  }

  private void tellDuplicate(Position position) {
    duplicates++;
    scope.tell(
        new FunctionEvent.DuplicateDropped(
            scope.function, scope.context.key(), position, duplicates));
  }

  private void write(StreamRecord record, EnvelopeException refused) {
    var position = record.position();
    var cause = new TerminalFailure(codeOf(refused), String.valueOf(refused.getMessage()));
    letter(position, new TurnedAway(record, Decoder.id(scope.context.key(), position)), cause);
  }

  private void letter(Position position, LetterSource source, TerminalFailure cause) {
    var shard = scope.context.key();
    var code = cause.code();
    letters.write(
        source,
        new Failure(cause, code, true, false),
        code,
        () -> {
          scope.tell(new FunctionEvent.DeadLettered(scope.function, shard, position, 0, code));
          scope.context.outcomes().settled(position, Outcome.DEAD_LETTERED);
        });
  }
}
