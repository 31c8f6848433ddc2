package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.FanOutPhase.BRIDGING;
import static io.headrace.kcl.kinesis.FanOutPhase.ENDED;
import static io.headrace.kcl.kinesis.FanOutPhase.SEEKING;
import static io.headrace.kcl.kinesis.FanOutPhase.STREAMING;
import static io.headrace.kcl.kinesis.FanOutPhase.SUBSCRIBING;

import io.headrace.kcl.TransitionTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one shard by enhanced fan-out: decides when to subscribe, when to ask for an event, when to
 * renew, and when to poll instead. Pure: called by {@link FanOutCursor}, which does what it
 * decides.
 *
 * <p>Three rules of SubscribeToShard shape it. A shard that was subscribed to less than 5 s ago
 * can't be subscribed to again, so what comes meanwhile is polled. A later subscription takes the
 * shard over and ends the earlier one with ResourceInUseException; whoever is ended so asks whether
 * the shard is still its own before it takes it back, lest two readers starve each other. And a
 * subscription lasts five minutes: it is renewed before, at a time drawn by chance, so that a
 * worker's subscriptions don't end together.
 */
final class FanOutReader {
  /** The service's 5 s between two subscriptions to one shard, and a little for the way. */
  static final Duration APART_MIN = Duration.ofMillis(5_200);

  static final Duration LIFE_MIN = Duration.ofMinutes(4);
  static final Duration LIFE_MAX = Duration.ofSeconds(295);

  /** How long an answer to SubscribeToShard may take; meanwhile nothing is read. */
  static final Duration OPENING_MAX = Duration.ofSeconds(3);

  /** An event comes every 5 s at least, while one is asked for. */
  static final Duration SILENCE_MAX = Duration.ofSeconds(15);

  /** How long what somebody must mend is left alone. */
  static final Duration REFUSAL_WAIT = Duration.ofSeconds(60);

  static final Duration RETRY_MIN = Duration.ofSeconds(1);
  static final Duration RETRY_MAX = Duration.ofSeconds(60);

  /** Failures in a row before the operator hears that records are polled. */
  static final int FAILURES_UNTOLD_MAX = 2;

  private static final int DOUBLINGS_MAX = 6;

  static final TransitionTable<FanOutPhase> TABLE =
      new TransitionTable<>("fan-out", SEEKING)
          .on(SEEKING, FanOutEvent.Demanded.class, SEEKING)
          .on(SEEKING, FanOutEvent.Answered.class, SEEKING)
          .on(SEEKING, FanOutEvent.Missing.class, SEEKING)
          .on(SEEKING, FanOutEvent.Found.class, BRIDGING)
          .on(SEEKING, FanOutEvent.EndRead.class, ENDED)
          .on(BRIDGING, FanOutEvent.Demanded.class, BRIDGING, SUBSCRIBING)
          .on(BRIDGING, FanOutEvent.Answered.class, BRIDGING)
          .on(BRIDGING, FanOutEvent.EndRead.class, ENDED)
          .on(SUBSCRIBING, FanOutEvent.Demanded.class, SUBSCRIBING)
          .on(SUBSCRIBING, FanOutEvent.Answered.class, SUBSCRIBING)
          .on(SUBSCRIBING, FanOutEvent.Waited.class, SUBSCRIBING, BRIDGING)
          .on(SUBSCRIBING, FanOutEvent.Opened.class, STREAMING)
          .on(SUBSCRIBING, FanOutEvent.Closed.class, BRIDGING, SEEKING)
          .on(STREAMING, FanOutEvent.Demanded.class, STREAMING)
          .on(STREAMING, FanOutEvent.Answered.class, STREAMING)
          .on(STREAMING, FanOutEvent.Pushed.class, STREAMING)
          .on(STREAMING, FanOutEvent.Waited.class, STREAMING, SUBSCRIBING, BRIDGING)
          .on(STREAMING, FanOutEvent.RenewalDue.class, SUBSCRIBING, BRIDGING)
          .on(STREAMING, FanOutEvent.Closed.class, SUBSCRIBING, BRIDGING, SEEKING)
          .on(STREAMING, FanOutEvent.EndRead.class, ENDED)
          .on(ENDED, FanOutEvent.Answered.class, ENDED);

  /**
   * When an event is taken in.
   *
   * @param ticks of the loop
   * @param owned whether the reader certainly holds the shard
   */
  record Moment(long ticks, boolean owned) {}

  private final String place;
  private final List<FanOutAction> actions = new ArrayList<>();
  private FanOutPhase phase = SEEKING;
  private @Nullable String arn;

  /** Of the latest subscription; it is live in SUBSCRIBING and STREAMING only. */
  private long number;

  private boolean demand;

  /** Whether the subscription owes an event. */
  private boolean asked;

  /** Whether the subscription has brought an event. */
  private boolean fruitful;

  private long openedAt;
  private long silentSince;
  private long answeredAt;

  /** Before this no subscription is made; meaningful once {@link #held}. */
  private long notBefore;

  private boolean held;
  private int failures;
  private int takeOvers;
  private String told = "";

  /**
   * Makes a reader.
   *
   * @param place stream and shard, for errors
   */
  FanOutReader(String place) {
    this.place = place;
  }

  FanOutPhase phase() {
    return phase;
  }

  /**
   * Takes an event in.
   *
   * @return what is to be done, in order
   * @throws IllegalStateException when the event can't happen now, naming shard, phase and event
   */
  List<FanOutAction> step(FanOutEvent event, Moment now) {
    if (event instanceof FanOutEvent.OfSubscription of && isStale(of)) {
      return List.of();
    }
    boolean ofConsumer = event instanceof FanOutEvent.Found || event instanceof FanOutEvent.Missing;
    if (ofConsumer && phase != SEEKING) {
      return List.of();
    }
    var next = react(event, now);
    TABLE.check(place, phase, event, next);
    phase = next;
    var wanted = List.copyOf(actions);
    actions.clear();
    return wanted;
  }

  private boolean isStale(FanOutEvent.OfSubscription of) {
    if (of.number() > number) {
      throw new IllegalStateException(
          "fan-out of " + place + ": subscription " + of.number() + " was not made: " + of);
    }
    return of.number() < number || (phase != SUBSCRIBING && phase != STREAMING);
  }

  private FanOutPhase react(FanOutEvent event, Moment now) {
    if (event instanceof FanOutEvent.Demanded) {
      return demanded(now);
    }
    if (event instanceof FanOutEvent.Answered) {
      demand = false;
      answeredAt = now.ticks();
      return phase;
    }
    if (event instanceof FanOutEvent.Waited) {
      return waited(now);
    }
    if (event instanceof FanOutEvent.Found found) {
      // What is wanted already is being polled; the next demand subscribes.
      arn = found.arn();
      held = false;
      return BRIDGING;
    }
    if (event instanceof FanOutEvent.Missing missing) {
      tell("polling, since " + missing.why());
      return phase;
    }
    if (event instanceof FanOutEvent.EndRead) {
      letGo();
      return ENDED;
    }
    return reactToSubscription(event, now);
  }

  private FanOutPhase demanded(Moment now) {
    demand = true;
    if (phase == SUBSCRIBING) {
      return phase;
    }
    if (phase != STREAMING) {
      return forward(now);
    }
    if (!asked) {
      ask(now);
    } else if (now.ticks() - answeredAt > FanOutCursor.ANSWER_MAX.toNanos()) {
      // Nobody looked for a while: silence counts from when somebody does.
      silentSince = now.ticks();
    }
    return phase;
  }

  private FanOutPhase waited(Moment now) {
    var limit = phase == SUBSCRIBING ? OPENING_MAX : SILENCE_MAX;
    if (now.ticks() - silentSince < limit.toNanos()) {
      actions.add(new FanOutAction.AnswerEmpty());
      return phase;
    }
    failed(now, "SubscribeToShard was silent for " + limit.toSeconds() + " s");
    return leave(now);
  }

  private FanOutPhase reactToSubscription(FanOutEvent event, Moment now) {
    if (event instanceof FanOutEvent.Opened) {
      openedAt = now.ticks();
      fruitful = false;
      actions.add(new FanOutAction.RenewBetween(number, LIFE_MIN, LIFE_MAX));
      tell("enhanced fan-out, consumer " + ConsumerName.ofArn(String.valueOf(arn)));
      return STREAMING;
    }
    if (event instanceof FanOutEvent.Pushed) {
      asked = false;
      fruitful = true;
      failures = 0;
      silentSince = now.ticks();
      return phase;
    }
    if (event instanceof FanOutEvent.RenewalDue) {
      takeOvers = 0;
      held = false;
      return leave(now);
    }
    if (event instanceof FanOutEvent.Closed closed) {
      return closed(closed, now);
    }
    throw new IllegalStateException("fan-out of " + place + ": " + event + " in " + phase);
  }

  private FanOutPhase closed(FanOutEvent.Closed closed, Moment now) {
    boolean wasOpen = phase == STREAMING;
    switch (closed.how()) {
      case NOT_FOUND -> {
        letGo();
        actions.add(new FanOutAction.SeekAgain(String.valueOf(arn)));
        arn = null;
        return forward(now);
      }
      case REFUSED -> {
        hold(now.ticks() + REFUSAL_WAIT.toNanos());
        tell("polling, since " + closed.why());
      }
      case IN_USE -> inUse(wasOpen, now);
      case FAILED -> failed(now, closed.why());
      case COMPLETED -> {
        if (wasOpen && fruitful) {
          hold(openedAt + APART_MIN.toNanos());
        } else {
          failed(now, "SubscribeToShard ended before an event came");
        }
      }
    }
    return leave(now);
  }

  /** Before it was accepted: its time has not come. While events came: somebody took it over. */
  private void inUse(boolean wasOpen, Moment now) {
    if (!wasOpen) {
      hold(now.ticks() + APART_MIN.toNanos());
      return;
    }
    takeOvers++;
    long wait = APART_MIN.toNanos() << Math.min(takeOvers - 1, DOUBLINGS_MAX);
    hold(now.ticks() + wait);
    if (takeOvers > 1) {
      tell(
          "polling, since another reader takes shards over that are leased here; no two"
              + " applications may share consumer "
              + ConsumerName.ofArn(String.valueOf(arn)));
    }
  }

  private void failed(Moment now, String why) {
    if (phase == STREAMING) {
      hold(openedAt + APART_MIN.toNanos());
    }
    if (!demand) {
      // A client may give up a stream that nobody reads from: that says nothing of the service.
      return;
    }
    failures++;
    if (failures > 1 || phase == SUBSCRIBING) {
      long wait = RETRY_MIN.toNanos() << Math.min(failures - 1, DOUBLINGS_MAX);
      hold(now.ticks() + Math.min(wait, RETRY_MAX.toNanos()));
    }
    if (failures > FAILURES_UNTOLD_MAX) {
      tell("polling, since " + why);
    }
  }

  private FanOutPhase leave(Moment now) {
    letGo();
    return forward(now);
  }

  private void letGo() {
    if (phase == SUBSCRIBING || phase == STREAMING) {
      actions.add(new FanOutAction.Cancel());
    }
    asked = false;
  }

  /** Brings on what is wanted, if anything is. */
  private FanOutPhase forward(Moment now) {
    String consumer = arn;
    boolean tooEarly = held && now.ticks() - notBefore < 0;
    if (demand && consumer != null && !tooEarly && now.owned()) {
      silentSince = now.ticks();
      asked = true;
      actions.add(new FanOutAction.Subscribe(++number, consumer));
      return SUBSCRIBING;
    }
    if (demand) {
      actions.add(new FanOutAction.Poll());
    }
    return consumer == null ? SEEKING : BRIDGING;
  }

  private void ask(Moment now) {
    asked = true;
    silentSince = now.ticks();
    actions.add(new FanOutAction.Request());
  }

  private void hold(long until) {
    notBefore = held && notBefore - until > 0 ? notBefore : until;
    held = true;
  }

  private void tell(String how) {
    if (!told.equals(how)) {
      told = how;
      actions.add(new FanOutAction.Tell(how));
    }
  }
}
