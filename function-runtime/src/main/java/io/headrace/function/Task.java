package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Something to be done in the lane of a key: a record to be handled, a window to be closed. */
abstract class Task<O> implements LetterSource, OutputBuffer.Origin {
  /** What an attempt that succeeded changes; performed on the worker loop once outputs are sent. */
  record Effect(Outcome outcome, Runnable install) {
    static final Effect HANDLED = new Effect(Outcome.HANDLED, () -> {});
    static final Effect FILTERED = new Effect(Outcome.FILTERED, () -> {});

    /** {@link #HANDLED} at once: what most functions answer. */
    static final CompletionStage<Effect> HANDLED_NOW = CompletableFuture.completedFuture(HANDLED);

    static Effect handled(Runnable install) {
      return new Effect(Outcome.HANDLED, install);
    }

    /** The same, with something that is done before it. */
    Effect behind(Runnable first) {
      return new Effect(
          outcome,
          () -> {
            first.run();
            install.run();
          });
    }
  }

  /** How often it was begun; changed on the worker loop. */
  int attempts;

  /** It has failed before, for a reason of its own; of the worker loop. */
  boolean failed;

  /** The attempt that is under way, from its begin until it is heard; of the worker loop. */
  @Nullable Call<O> call;

  /** What was read for it; the worker loop adds, and attempts ask. */
  ReadEntries read = ReadEntries.NONE;

  /** Where it stands, once it was added; of the worker loop. */
  KeyLanes.@Nullable Lane<Task<O>> lane;

  /** Of which parked key it is a record; the engine has it settled already. Of the worker loop. */
  @Nullable ParkedKey parked;

  /** In which shard it lies, when that is an ancestor of the run's; of the worker loop. */
  @Nullable ShardKey origin;

  /** The partition key. */
  abstract String key();

  /** Names the record or window; outputs are numbered under it. */
  @Override
  public abstract String id();

  /** Of the record; a window has none. */
  @Override
  public Map<String, String> headers() {
    return Map.of();
  }

  /** Null for what is no record. */
  @Nullable Position position() {
    return null;
  }

  /** Null for what is no record. */
  @Nullable StreamRecord source() {
    return null;
  }

  /** What is called, for logs and traces; null where no single record stands for it. */
  @Nullable StreamRecord shown() {
    return source();
  }

  /** Records whose trace context is not in the format and that are called for the first time. */
  List<Position> malformedTraces() {
    var record = source();
    return record == null || attempts > 1 || TraceContext.isSound(record.headers())
        ? List.of()
        : List.of(record.position());
  }

  /** How many records are called. */
  int size() {
    return 1;
  }

  /** Runs on the invocation pool; calls {@link Call#enter} once, right before user code. */
  abstract CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception;

  KeyLanes.Lane<Task<O>> lane() {
    return Objects.requireNonNull(lane, "a task that was not added");
  }

  @Override
  public int attempts() {
    return attempts;
  }

  @Override
  public @Nullable ShardKey origin() {
    return origin;
  }

  /** Whether a timer that is due at this event time goes before it; on the worker loop. */
  boolean comesBehind(Instant due) {
    return false;
  }

  /**
   * Records of its key wait for a redrive, and it is about to begin; on the worker loop.
   *
   * @return whether it waits for them: it leaves its lane, and comes back by itself
   */
  boolean waitsForRedrive() {
    return false;
  }

  /** The task lies in a dead letter; on the worker loop, before it is told as done. */
  void lettered() {}

  /** A task for one record. */
  abstract static class OfRecord<O> extends Task<O> {
    final StreamRecord record;
    private final ShardKey shard;

    /** Where it comes from, once an attempt has found that to be another stream. */
    private volatile @Nullable EventId cameFrom;

    /**
     * @param shard in which the record lies
     */
    OfRecord(StreamRecord record, ShardKey shard) {
      this.record = Objects.requireNonNull(record);
      this.shard = shard;
    }

    @Override
    String key() {
      return record.key().text();
    }

    @Override
    public String id() {
      return named().toString();
    }

    /** As the function sees it: where it lies, and not where it was carried to. */
    private EventId named() {
      var from = cameFrom;
      return from != null ? from : eventId();
    }

    /** Made when it is asked for: most records are handled, and nobody asks. */
    EventId eventId() {
      return Decoder.id(shard, record.position());
    }

    @Override
    public Map<String, String> headers() {
      return record.headers();
    }

    @Override
    Position position() {
      return record.position();
    }

    @Override
    StreamRecord source() {
      return record;
    }

    @Override
    public Remains remains() throws IOException {
      return Remains.of(named(), record);
    }

    <I> Event<I> event(Decoder.Decoded<I> decoded, Call<O> call) {
      var carried = decoded.carried();
      if (carried != null) {
        cameFrom = CarriedEvent.idOf(carried);
        return new CarriedEvent<>(carried, decoded.value(), call, call.broadcasts());
      }
      return new RecordEvent<>(
          record, shard, decoded.value(), decoded.time(), call, call.broadcasts());
    }
  }
}
