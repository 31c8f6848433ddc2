package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sees every call of a function, what it was given and what it sent, and every record that workers
 * settled; knows from the producer's account what should have come when. On the world's loop only.
 */
final class DeliveryJudge {
  private final Verdicts verdicts;
  private final Function<String, Puts> puts;
  private final Map<String, Account> accounts = new HashMap<>();
  private long parked;

  /** Of one function. Bits are positions in the stream. */
  private static final class Account {
    final BitSet settled = new BitSet();
    final BitSet succeeded = new BitSet();
    final BitSet skipped = new BitSet();
    final Map<String, Long> doneOfKey = new HashMap<>();
    final Map<String, Long> fencingOfKey = new HashMap<>();
    final Set<String> sent = new HashSet<>();
    final Set<String> keysWithGaps = new HashSet<>();
    final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    long deliveries;
    long repeats;
  }

  /**
   * @param puts what was put for a function
   */
  DeliveryJudge(Verdicts verdicts, Function<String, Puts> puts) {
    this.verdicts = verdicts;
    this.puts = puts;
  }

  /**
   * A function is called.
   *
   * @param trusted false while the process's clock may have stood still unknown to it: then only
   *     what comes of the call is judged
   */
  void began(String function, Puts.Put put, long fencingToken, boolean trusted) {
    var account = account(function);
    account.deliveries++;
    account.repeats += account.settled.get(bit(put.position())) ? 1 : 0;
    if (!trusted) {
      return;
    }
    var highest = account.fencingOfKey.merge(put.key(), fencingToken, Math::max);
    if (fencingToken < highest) {
      verdicts.broken(
          Promise.NO_DELIVERY_WITHOUT_LEASE,
          name(function, put) + " begins with fencing token " + fencingToken + " after " + highest);
    }
  }

  /** The record was trimmed before the function committed it: nobody knows if it was handled. */
  void lost(String function, Puts.Put put) {
    account(function).keysWithGaps.add(put.key());
  }

  /** Whether a record of the key was lost, which its later ones can't know. */
  boolean hasGaps(String function, String key) {
    return account(function).keysWithGaps.contains(key);
  }

  /** Whether any record was lost, which may have moved the time of all keys. */
  boolean hasGaps(String function) {
    return !account(function).keysWithGaps.isEmpty();
  }

  /** A function with state is called: everything before must be in the state, once. */
  void state(String function, Puts.Put put, ProbeState state) {
    if (hasGaps(function, put.key())) {
      return;
    }
    if (state.count() != put.before() || state.last() != put.follows()) {
      verdicts.broken(
          Promise.STATE_IS_EXACT,
          name(function, put)
              + " meets a state of "
              + state.count()
              + " records up to number "
              + state.last()
              + ", and "
              + put.before()
              + " up to number "
              + put.follows()
              + " should be in it");
    }
  }

  /** A call has succeeded, as its user sees it. */
  void succeeded(String function, Puts.Put put) {
    var account = account(function);
    if (account.succeeded.get(bit(put.position())) || account.skipped.get(bit(put.position()))) {
      return;
    }
    account.succeeded.set(bit(put.position()));
    long last = account.doneOfKey.getOrDefault(put.key(), 0L);
    long follows = follows(function, put);
    if (follows != last && !hasGaps(function, put.key())) {
      verdicts.broken(
          Promise.ORDER_BY_KEY,
          name(function, put)
              + " succeeds for the first time after number "
              + last
              + " of its key, and not after "
              + follows);
    }
    account.doneOfKey.merge(put.key(), put.number(), Math::max);
  }

  /** The number of the record after which this one is due: what was skipped never succeeds. */
  private long follows(String function, Puts.Put put) {
    var account = account(function);
    long number = put.follows();
    if (account.skipped.isEmpty()) {
      return number;
    }
    var former =
        puts.apply(function).all().stream().filter(one -> one.key().equals(put.key())).toList();
    while (number > 0) {
      var at = former.get((int) number - 1);
      if (account.succeeded.get(bit(at.position())) || !account.skipped.get(bit(at.position()))) {
        return number;
      }
      number = at.follows();
    }
    return number;
  }

  /** A worker counts the record as skipped, and an operator has ordered that. */
  void skipped(String function, Position position) {
    var account = account(function);
    account.skipped.set(bit(position));
    if (!account.settled.get(bit(position))) {
      account.settled.set(bit(position));
      account.outcomes.merge(Outcome.SKIPPED, 1L, Long::sum);
    }
  }

  /** An output or a letter is durable. */
  void sent(String function, String id) {
    account(function).sent.add(id);
  }

  /** A worker counts the record as done. */
  void settled(
      String function, String recordId, Position position, Outcome outcome, boolean sends) {
    var account = account(function);
    var put = puts.apply(function).at(position);
    boolean own = put.fate() == ProbeRecord.Fate.OWN;
    var expected = put.fate() == ProbeRecord.Fate.GOOD ? Outcome.HANDLED : Outcome.DEAD_LETTERED;
    if (own) {
      ownSettled(function, put);
    } else if (put.fate() == ProbeRecord.Fate.CARRIED) {
      carriedSettled(function, put, outcome);
    } else if (outcome != expected) {
      verdicts.broken(
          Promise.NOTHING_PASSED_OVER,
          name(function, put) + " is " + put.fate() + " and was settled as " + outcome);
    }
    if (sends
        && put.fate() != ProbeRecord.Fate.CARRIED
        && !own
        && !account.sent.contains(recordId)) {
      verdicts.broken(
          Promise.EFFECT_BEFORE_PROGRESS,
          name(function, put) + " was settled as " + outcome + " before its output was durable");
    }
    if (!account.settled.get(bit(position))) {
      account.settled.set(bit(position));
      account.outcomes.merge(outcome, 1L, Long::sum);
    }
  }

  /**
   * Of a user's function only the order in which records are settled for the first time is known.
   */
  private void ownSettled(String function, Puts.Put put) {
    var account = account(function);
    if (!account.settled.get(bit(put.position()))) {
      long last = account.doneOfKey.getOrDefault(put.key(), 0L);
      if (put.number() != last + 1 && !hasGaps(function, put.key())) {
        verdicts.broken(
            Promise.ORDER_BY_KEY,
            name(function, put) + " is settled for the first time after number " + last);
      }
      account.doneOfKey.put(put.key(), put.number());
    }
  }

  /**
   * Marks and second copies are filtered, and overtake what is under way: order is seen in what the
   * function is called with.
   */
  private void carriedSettled(String function, Puts.Put put, Outcome outcome) {
    if (outcome != Outcome.HANDLED && outcome != Outcome.FILTERED) {
      verdicts.broken(
          Promise.NOTHING_PASSED_OVER,
          name(function, put) + " was carried on and is settled as " + outcome);
    }
  }

  /** The first record that the function has not settled; null when the account balances. */
  Puts.@Nullable Put firstUnsettled(String function) {
    var settled = account(function).settled;
    var toSettle = puts.apply(function);
    return toSettle.all().stream()
        .filter(put -> !settled.get(bit(put.position())) && !toSettle.isTrimmed(put))
        .findFirst()
        .orElse(null);
  }

  /** What the state of a key must be when all is handled. */
  ProbeState expectedState(String function, String key) {
    long count = 0;
    long last = 0;
    for (var put : puts.apply(function).all()) {
      if (put.key().equals(key) && put.fate() == ProbeRecord.Fate.GOOD) {
        count++;
        last = put.number();
      }
    }
    return new ProbeState(count, last);
  }

  long deliveries() {
    return accounts.values().stream().mapToLong(account -> account.deliveries).sum();
  }

  /** A record of a key that keeps failing is stored, and will be handled from there. */
  void parked() {
    parked++;
  }

  long parkedRecords() {
    return parked;
  }

  long repeats() {
    return accounts.values().stream().mapToLong(account -> account.repeats).sum();
  }

  private Account account(String function) {
    return accounts.computeIfAbsent(function, f -> new Account());
  }

  private static int bit(Position position) {
    return Integer.parseInt(position.sequence().value());
  }

  private static String name(String function, Puts.Put put) {
    return function
        + ": record "
        + put.position().sequence().value()
        + " ("
        + put.key()
        + " number "
        + put.number()
        + " in "
        + Names.of(put.shard())
        + ")";
  }
}
