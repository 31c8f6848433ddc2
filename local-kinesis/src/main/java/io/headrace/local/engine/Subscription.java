package io.headrace.local.engine;

import io.headrace.local.log.LogFailure;
import io.headrace.local.log.SequenceNumber;
import io.headrace.local.log.StoredRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One consumer's subscription to one shard: it gives out what is in the shard when asked, and tells
 * once when there is something after it had nothing. It knows neither threads nor timers.
 *
 * <p>Any thread may call; each call is a step under the monitor of the stream. One thread at a time
 * takes what comes.
 */
public final class Subscription {
  /** How long one lasts; the subscriber then makes the next one. */
  static final long LIFE_MILLIS = 300_000;

  /** How long nobody else may have the shard; from then on the next one to ask takes it over. */
  static final long UNDISTURBED_MILLIS = 5_000;

  /** The longest silence. Below the service's 5 s by what a timer and the way may take. */
  static final long SILENCE_MILLIS = 4_500;

  static final int EVENT_RECORDS_MAX = 10_000;

  private static final Pushed NOTHING = new Pushed.Nothing();
  private static final Pushed ENDED = new Pushed.Ended();

  private final KinesisStream stream;
  private final Consumer consumer;
  private final Shard shard;
  private final @Nullable RateLimit pace;
  private final long startedMillis;
  private long position;
  private long heartbeatMillis;
  private long continuationSeconds;
  private boolean armed;
  private volatile boolean over;
  private volatile @Nullable KinesisError failure;
  private volatile @Nullable Runnable listener;
  private volatile long dueMillis;

  Subscription(
      KinesisStream stream,
      Consumer consumer,
      Shard shard,
      long position,
      @Nullable RateLimit pace,
      long nowMillis) {
    this.stream = stream;
    this.consumer = consumer;
    this.shard = shard;
    this.position = position;
    this.pace = pace;
    this.startedMillis = nowMillis;
    // The first event comes at once: a subscriber that is cut off early knows where it was.
    this.heartbeatMillis = nowMillis;
    this.dueMillis = nowMillis;
  }

  /**
   * Whom to tell that {@link #next} may have something again after it had nothing. It is told at
   * most once for each time, by whatever thread brings the news and under the stream's monitor, so
   * it must only hand over.
   */
  public void listen(Runnable told) {
    this.listener = told;
  }

  /**
   * What comes next.
   *
   * @param bytesMax how much payload an event may hold; a single record may be larger
   */
  public Pushed next(long nowMillis, long bytesMax) {
    return stream.push(
        nowMillis,
        consumers -> {
          try {
            return advance(consumers, nowMillis, bytesMax);
          } catch (LogFailure unreadable) {
            end(consumers);
            return new Pushed.Failed(KinesisError.of(unreadable));
          }
        });
  }

  List<StoredRecord> readAgain(long nowMillis, long order, long bytesMax) {
    return stream.push(
        nowMillis, consumers -> shard.log().read(order, EVENT_RECORDS_MAX, bytesMax));
  }

  /** Whether time alone may have brought something that {@link #next} has; asks no monitor. */
  public boolean isDue(long nowMillis) {
    return nowMillis >= dueMillis || stream.isDue(nowMillis);
  }

  /** Whether nothing more comes but perhaps an error; asks no monitor. */
  public boolean isOver(long nowMillis) {
    return over || failure != null || nowMillis - startedMillis >= LIFE_MILLIS;
  }

  /** Gives the shard back for others to subscribe to. */
  public void cancel(long nowMillis) {
    stream.push(
        nowMillis,
        consumers -> {
          end(consumers);
          return ENDED;
        });
  }

  Consumer consumer() {
    return consumer;
  }

  int shardIndex() {
    return shard.index();
  }

  boolean isUndisturbed(long nowMillis) {
    return nowMillis - startedMillis < UNDISTURBED_MILLIS;
  }

  /** Ends it with an error, which the subscriber gets as the last thing. */
  void fail(KinesisError error) {
    if (!over && failure == null) {
      failure = error;
      dueMillis = startedMillis;
      consumer.remove(this);
      if (disarm()) {
        tell();
      }
    }
  }

  /** Whether somebody was waiting, who now has to be told. */
  boolean disarm() {
    boolean was = armed;
    armed = false;
    return was;
  }

  void tell() {
    Runnable told = listener;
    if (told != null) {
      told.run();
    }
  }

  private Pushed advance(StreamConsumers consumers, long nowMillis, long bytesMax) {
    if (over) {
      return ENDED;
    }
    KinesisError error = failure;
    if (error != null) {
      end(consumers);
      return new Pushed.Failed(error);
    }
    if (nowMillis - startedMillis >= LIFE_MILLIS) {
      end(consumers);
      return ENDED;
    }
    try {
      return read(consumers, nowMillis, bytesMax);
    } catch (LogFailure unreadable) {
      end(consumers);
      String message = String.valueOf(unreadable.getMessage());
      return new Pushed.Failed(KinesisError.of("InternalFailureException", message));
    }
  }

  private Pushed read(StreamConsumers consumers, long nowMillis, long bytesMax) {
    boolean paced = pace != null && !pace.isOpen(nowMillis);
    List<StoredRecord> records =
        paced ? List.of() : shard.log().read(position, EVENT_RECORDS_MAX, bytesMax);
    if (!records.isEmpty()) {
      position = records.get(records.size() - 1).order() + 1;
    }
    boolean more = shard.log().hasFrom(position);
    boolean atEnd = !more && !shard.isOpen();
    if (records.isEmpty() && !atEnd && nowMillis < heartbeatMillis) {
      return pause(nowMillis);
    }
    return event(consumers, records, more, atEnd, nowMillis);
  }

  private Pushed pause(long nowMillis) {
    armed = true;
    long due = Math.min(heartbeatMillis, startedMillis + LIFE_MILLIS);
    if (pace != null && !pace.isOpen(nowMillis)) {
      // Not armed: a record that lands meanwhile changes nothing.
      armed = false;
      due = Math.min(due, nowMillis + pace.millisUntilOpen(nowMillis));
    }
    dueMillis = due;
    return NOTHING;
  }

  private Pushed event(
      StreamConsumers consumers,
      List<StoredRecord> records,
      boolean more,
      boolean atEnd,
      long nowMillis) {
    if (pace != null) {
      pace.charge(records.stream().mapToLong(StoredRecord::payloadBytes).sum(), nowMillis);
    }
    heartbeatMillis = nowMillis + SILENCE_MILLIS;
    dueMillis = Math.min(heartbeatMillis, startedMillis + LIFE_MILLIS);
    long behind = more ? behind(records, nowMillis) : 0;
    if (atEnd) {
      end(consumers);
      List<ChildShard> children = shard.children().stream().map(ChildShard::of).toList();
      return new Pushed.Event(records, null, behind, children);
    }
    return new Pushed.Event(records, continuation(nowMillis), behind, List.of());
  }

  private long behind(List<StoredRecord> records, long nowMillis) {
    return Positions.behind(
        records.isEmpty() ? shard.log().read(position, 1, 1) : records, nowMillis);
  }

  /**
   * A number above every record that was given out and below every other one, whichever of the two
   * ways to start from it the subscriber takes. The time in it goes on without records.
   */
  private String continuation(long nowMillis) {
    long seconds = Math.max(shard.lastSeconds(), nowMillis / 1000) + 1;
    continuationSeconds = Math.max(continuationSeconds, seconds);
    SequenceNumber start = shard.start();
    long order = Math.max(0, position - 1);
    return new SequenceNumber(
            start.shardCreatedSeconds(), shard.index(), order, continuationSeconds)
        .toString();
  }

  private void end(StreamConsumers consumers) {
    over = true;
    armed = false;
    dueMillis = startedMillis;
    consumers.remove(this);
  }
}
