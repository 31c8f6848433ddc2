package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One call of a batch function. Runs on the invocation pool; its answers are read on the worker
 * loop, after the call has succeeded.
 */
final class BatchCall<I, O> extends Task<O> {
  /** A record from its arrival until it is settled; changed on the worker loop. */
  static final class Item implements LetterSource {
    final StreamRecord record;
    final ShardKey shard;

    /** A letter that is played again: its age says nothing. */
    final boolean again;

    /** How often it was in a call. */
    int deliveries;

    /** How often it failed alone or by name: what the retry policy counts. */
    int failures;

    private Item(StreamRecord record, ShardKey shard, boolean again) {
      this.record = record;
      this.shard = shard;
      this.again = again;
    }

    static Item of(Scope scope, StreamRecord record) {
      var position = record.position();
      return new Item(record, scope.shardOf(position), scope.book.isPlaying(position));
    }

    EventId id() {
      return Decoder.id(shard, record.position());
    }

    String key() {
      return record.key().text();
    }

    @Override
    public int attempts() {
      return deliveries;
    }

    @Override
    public Remains remains() throws Exception {
      return Remains.of(id(), record);
    }
  }

  /** How a call answers for one of its records. */
  record Answer(boolean filtered, @Nullable Throwable fault, List<Outlet.Parcel<?>> outputs) {}

  /** The call's deadline, with the record's own count. */
  private record ItemAttempt(int number, Attempt call) implements Attempt {
    @Override
    public Instant deadline() {
      return call.deadline();
    }

    @Override
    public Duration remaining() {
      return call.remaining();
    }

    @Override
    public long fencingToken() {
      return call.fencingToken();
    }
  }

  private final List<Item> items;
  private final Decoder<I> decoder;
  private final BatchFunction<I, O> function;
  private final FunctionOutlets<O> outlets;
  private final Map<Item, Answer> answers = new HashMap<>();

  BatchCall(
      List<Item> items,
      Decoder<I> decoder,
      BatchFunction<I, O> function,
      FunctionOutlets<O> outlets) {
    this.items = List.copyOf(items);
    this.decoder = decoder;
    this.function = function;
    this.outlets = outlets;
  }

  static List<Position> positionsOf(List<Item> items) {
    return items.stream().map(item -> item.record.position()).toList();
  }

  Answer answer(Item item) {
    return Objects.requireNonNull(answers.get(item));
  }

  @Override
  String key() {
    return "";
  }

  @Override
  public String id() {
    return "";
  }

  /** The first stands for all. */
  @Override
  StreamRecord shown() {
    return items.get(0).record;
  }

  @Override
  List<Position> malformedTraces() {
    return items.stream()
        .filter(item -> item.deliveries == 1 && !TraceContext.isSound(item.record.headers()))
        .map(item -> item.record.position())
        .toList();
  }

  @Override
  int size() {
    return items.size();
  }

  @Override
  public Remains remains() {
    throw new IllegalStateException("letters are written of records, not of batches");
  }

  @Override
  CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
    // Side by side, as the hash of an event is that of its value, which is the user's.
    var events = new ArrayList<Event<I>>();
    var handed = new ArrayList<Item>();
    for (var item : items) {
      try {
        var decoded = decoder.decode(item.record);
        if (decoded.end()) {
          answers.put(item, new Answer(true, null, List.of()));
        } else {
          var attempt = new ItemAttempt(item.deliveries, call);
          events.add(
              new RecordEvent<>(
                  item.record,
                  item.shard,
                  decoded.value(),
                  decoded.time(),
                  attempt,
                  call.broadcasts()));
          handed.add(item);
        }
      } catch (Exception fault) {
        answers.put(item, new Answer(false, fault, List.of()));
      }
    }
    if (!events.isEmpty()) {
      var batch = new Records(List.copyOf(events), call);
      try {
        call.enter();
        function.handle(batch);
      } finally {
        for (int i = 0; i < events.size(); i++) {
          answers.put(handed.get(i), batch.answer(events.get(i)));
        }
      }
    }
    return CompletableFuture.completedFuture(Effect.HANDLED);
  }

  private record OfEvent(Event<?> event) implements OutputBuffer.Origin {
    @Override
    public String id() {
      return event.id().toString();
    }

    @Override
    public Map<String, String> headers() {
      return event.headers();
    }
  }

  private final class Records implements Batch<I, O> {
    private final List<Event<I>> events;
    private final Map<EventId, OutputBuffer<O>> outs = new HashMap<>();
    private final Map<EventId, Throwable> faults = new HashMap<>();

    Records(List<Event<I>> events, Call<O> call) {
      this.events = events;
      for (var event : events) {
        var out = new OutputBuffer<O>(outlets, new OfEvent(event));
        out.passesOn(call);
        outs.put(event.id(), out);
      }
    }

    @Override
    public Iterator<Event<I>> iterator() {
      return events.iterator();
    }

    @Override
    public int size() {
      return events.size();
    }

    @Override
    public Output<O> out(Event<I> cause) {
      return buffer(cause);
    }

    @Override
    public synchronized void fail(Event<I> event, Throwable cause) {
      var unused = buffer(event);
      faults.put(event.id(), Objects.requireNonNull(cause, "cause"));
    }

    synchronized Answer answer(Event<I> event) {
      var outputs = buffer(event).close();
      var fault = faults.get(event.id());
      return new Answer(false, fault, fault == null ? outputs : new ArrayList<>());
    }

    private OutputBuffer<O> buffer(Event<I> event) {
      var buffer = outs.get(event.id());
      if (buffer == null) {
        throw new IllegalArgumentException(
            "function " + outlets.function() + ": " + event.id() + " is not of this batch");
      }
      return buffer;
    }
  }
}
