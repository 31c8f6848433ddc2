package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One run's way to the ledger of dead letters: enters and strikes until it is done, many at a time,
 * and knows which letters are being played again. A run that has lost its shard gets no further
 * here; it is told elsewhere. Owned by the worker loop.
 */
final class LetterBook {
  /** Of a run without a ledger: a letter counts once its sink has it. */
  static final LetterBook NONE = new LetterBook();

  private static final Duration RETRY_FIRST = Duration.ofMillis(100);
  private static final Duration RETRY_LONGEST = Duration.ofSeconds(30);
  private static final String NAME = "the ledger of dead letters";

  /**
   * Why a record was given up.
   *
   * @param origin in which shard it lies; null for the run's own
   */
  record Why(String code, String cause, int attempts, Instant failedAt, @Nullable ShardKey origin) {
    /** Of a record of the run's own shard. */
    Why(String code, String cause, int attempts, Instant failedAt) {
      this(code, cause, attempts, failedAt, null);
    }
  }

  /** Told of what comes into the ledger. */
  @FunctionalInterface
  interface Listener {
    void entered(Letter letter);
  }

  private record Waiting(LetterLedger.Entry entry, Runnable done) {}

  private record Playing(Letter letter, long order) {}

  private final @Nullable Scope scope;
  private final @Nullable LetterLedger ledger;
  private final @Nullable ProgressKey place;
  private final Redaction redaction;
  private final boolean keysWait;

  /** How many letters there are of each key that waits for its redrive. */
  private final Map<String, Integer> waitingKeys = new HashMap<>();

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final Map<Position, Playing> playing = new HashMap<>();
  private Listener listener = letter -> {};
  private Consumer<String> released = key -> {};
  private Runnable found = () -> {};
  private boolean known;
  private boolean entering;

  /** The ledger could not be read, and that was told. */
  private boolean unread;

  private LetterBook() {
    this.scope = null;
    this.ledger = null;
    this.place = null;
    this.redaction = Redaction.NONE;
    this.keysWait = false;
  }

  /**
   * Opens the book of one run.
   *
   * @param ledger null where letters are not kept beyond their sink
   * @param place the function, under which its progress is kept, in the shard
   * @param keysWait whether later records of a key wait until its letters were played again
   */
  LetterBook(
      Scope scope,
      @Nullable LetterLedger ledger,
      ProgressKey place,
      Redaction redaction,
      boolean keysWait) {
    this.keysWait = keysWait && ledger != null;
    this.scope = scope;
    this.ledger = ledger;
    this.place = place;
    this.redaction = redaction;
  }

  void listen(Listener told) {
    listener = told;
  }

  /** Whether letters are kept beyond their sink. */
  boolean isKept() {
    return ledger != null;
  }

  Redaction redaction() {
    return redaction;
  }

  /** Whether later records of a key wait for the redrive of its letters. */
  boolean keysWait() {
    return keysWait;
  }

  /** Whether a record must go to the letters untried, since one of its key is there. */
  boolean mustWait(String key, Position position) {
    return keysWait && waitingKeys.containsKey(key) && !playing.containsKey(position);
  }

  /**
   * Whether records of a key wait for the redrive of its letters, and its timers with them; of any
   * key, while it is not known yet which do.
   */
  boolean isHeld(String key) {
    return keysWait && (!known || waitingKeys.containsKey(key));
  }

  /**
   * @param released told of each key that waits no more, on the worker loop
   * @param found told once it is known which keys wait
   */
  void whenReleased(Consumer<String> released, Runnable found) {
    if (keysWait) { // Nothing waits elsewhere, and NONE is everybody's.
      this.released = released;
      this.found = found;
    }
  }

  /** All letters that a former run left were counted. */
  void isKnown() {
    known = true;
    found.run();
  }

  /** There is one more letter that counts. What never was the key's own holds up no key. */
  void counts(Letter letter) {
    if (holdsUp(letter)) {
      waitingKeys.merge(letter.key(), 1, Integer::sum);
    }
  }

  private boolean holdsUp(Letter letter) {
    return keysWait
        && !letter.code().equals(MisroutedGate.CODE)
        && !letter.code().equals(ForeignKey.CODE);
  }

  /** A letter was handled. */
  void countsNoMore(Letter letter) {
    if (holdsUp(letter) && isHeld(letter.key())) {
      waitingKeys.computeIfPresent(letter.key(), (key, count) -> count == 1 ? null : count - 1);
      if (!isHeld(letter.key())) {
        released.accept(letter.key());
      }
    }
  }

  /** Where a record lay first: one that is played again may be of an ancestor. */
  ShardKey shardOf(Position position, ShardKey own) {
    var known = playing.isEmpty() ? null : playing.get(position);
    return known == null ? own : known.letter().id().place().shard();
  }

  boolean isPlaying(Position position) {
    return !playing.isEmpty() && playing.containsKey(position);
  }

  /** The record of this letter is handed over again, because of an order. */
  void play(Letter letter, long order) {
    playing.put(letter.id().position(), new Playing(letter, order));
  }

  /** The record is settled; answers its letter, or null where it is none. */
  @Nullable Letter played(Position position) {
    var known = playing.isEmpty() ? null : playing.remove(position);
    return known == null ? null : known.letter();
  }

  /**
   * Enters a letter.
   *
   * @param done run in a turn of the loop when it counts; in this one where there is no ledger
   */
  void enter(StreamRecord record, byte[] payload, Why why, Runnable done) {
    if (scope == null || ledger == null || place == null) {
      done.run();
      return;
    }
    var known = why.origin() != null ? null : playing.get(record.position());
    var letter =
        new Letter(
            known != null ? known.letter().id() : idOf(place, why.origin(), record.position()),
            record.key().text(),
            record.arrivedAt(),
            why.failedAt(),
            (known != null ? known.letter().attempts() : 0) + why.attempts(),
            why.code(),
            why.cause(),
            headersOf(record),
            payload.length,
            scope.context.tenure().token().epoch(),
            known != null ? known.order() : 0);
    waiting.add(new Waiting(new LetterLedger.Entry(letter, payload), done));
    enterWaiting(scope, ledger);
  }

  /**
   * The record's headers, the shortest first: no producer's headers may keep a letter out of the
   * ledger, and its record with it.
   */
  private static Map<String, String> headersOf(StreamRecord record) {
    var headers = record.headers();
    if (headers.isEmpty()) {
      return headers;
    }
    var kept = new HashMap<String, String>();
    var shortestFirst = new ArrayList<>(headers.entrySet());
    shortestFirst.sort(Comparator.comparingInt(LetterBook::bytesOf));
    int left = Letter.HEADER_BYTES_MAX;
    for (var header : shortestFirst) {
      left -= bytesOf(header);
      if (left < 0) {
        break;
      }
      kept.put(header.getKey(), header.getValue());
    }
    return kept;
  }

  private static int bytesOf(Map.Entry<String, String> header) {
    return header.getKey().getBytes(UTF_8).length + header.getValue().getBytes(UTF_8).length;
  }

  private static Letter.Id idOf(ProgressKey own, @Nullable ShardKey origin, Position position) {
    var place = origin == null ? own : new ProgressKey(origin, own.function());
    return new Letter.Id(place, position);
  }

  private void enterWaiting(Scope open, LetterLedger into) {
    if (entering || waiting.isEmpty()) {
      return;
    }
    var batch = new ArrayList<Waiting>();
    while (batch.size() < LetterLedger.BATCH_MAX && !waiting.isEmpty()) {
      batch.add(waiting.remove());
    }
    entering = true;
    var entries = batch.stream().map(Waiting::entry).toList();
    until(
        open,
        () -> into.enter(fence(open), entries),
        1,
        () -> {
          entering = false;
          batch.forEach(
              each -> {
                var letter = each.entry().letter();
                if (letter.order() == 0) {
                  counts(letter);
                  listener.entered(letter);
                }
                each.done().run();
              });
          enterWaiting(open, into);
        });
  }

  /**
   * Strikes letters out, however many.
   *
   * @param done run in a turn of the loop when they are
   */
  void strike(List<Letter.Id> letters, Runnable done) {
    if (scope == null || ledger == null || letters.isEmpty()) {
      done.run();
      return;
    }
    var open = scope;
    var from = ledger;
    int size = Math.min(letters.size(), LetterLedger.BATCH_MAX);
    var first = List.copyOf(letters.subList(0, size));
    var rest = List.copyOf(letters.subList(size, letters.size()));
    until(open, () -> from.strike(fence(open), first), 1, () -> strike(rest, done));
  }

  /** A look at the ledger failed, and is made again. */
  void wasNotRead(Throwable failed, Duration in) {
    var open = scope;
    if (open != null) {
      unread = true;
      open.tell(
          new FunctionEvent.SinkUnavailable(open.function, open.context.key(), NAME, failed, in));
    }
  }

  /** A look at the ledger brought what it was for. */
  void wasRead() {
    var open = scope;
    if (open != null && unread) {
      unread = false;
      open.tell(new FunctionEvent.SinkRecovered(open.function, open.context.key(), NAME));
    }
  }

  private LetterLedger.Fence fence(Scope open) {
    return new LetterLedger.Fence(Objects.requireNonNull(place), open.context.tenure().token());
  }

  /** Asks again and again; a fence that does not hold ends the run soon, and is asked meanwhile. */
  private void until(
      Scope open, Supplier<CompletionStage<Boolean>> call, int attempt, Runnable done) {
    Stages.ask(
        open.loop(),
        call,
        written ->
            open.runUnlessOver(
                () -> {
                  if (written) {
                    if (attempt > 1) {
                      open.tell(
                          new FunctionEvent.SinkRecovered(open.function, open.context.key(), NAME));
                    }
                    done.run();
                  } else {
                    open.later(RETRY_LONGEST, () -> until(open, call, attempt + 1, done));
                  }
                }),
        failed ->
            open.runUnlessOver(
                () -> {
                  var wait =
                      RetryPolicy.jittered(RETRY_FIRST, RETRY_LONGEST, attempt, open.random());
                  open.tell(
                      new FunctionEvent.SinkUnavailable(
                          open.function, open.context.key(), NAME, failed, wait));
                  open.later(wait, () -> until(open, call, attempt + 1, done));
                }));
  }
}
