package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.checkpoint.WriteClaim;
import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Sees every write that the progress store carries out, and what workers settled, and compares: a
 * commit covers what its owner found committed and what it settled itself, and nothing else. On the
 * world's loop only.
 */
final class ProgressJudge {
  private final Verdicts verdicts;
  private final Trace trace;
  private final Function<ShardKey, Feed> feeds;
  private final Map<ProgressKey, Book> books = new HashMap<>();
  private long commits;

  /** One function in one shard. Bits are the places of records in the shard. */
  private static final class Book {
    final BitSet committed = new BitSet();
    final Map<LeaseToken, BitSet> settled = new HashMap<>();
    long sealedEpoch;
    long movedAt;
    String lastAttempt = "";
    boolean ended;
  }

  ProgressJudge(Verdicts verdicts, Trace trace, Function<ShardKey, Feed> feeds) {
    this.verdicts = verdicts;
    this.trace = trace;
    this.feeds = feeds;
  }

  /** A worker settled a record under this token. */
  void settled(String function, ShardKey shard, LeaseToken token, Position position) {
    book(new ProgressKey(shard, function))
        .settled
        .computeIfAbsent(token, t -> new BitSet())
        .set(puts(shard).at(position).place());
  }

  /** A seal was carried out; the item is as it is after it. */
  void sealed(ProgressKey key, LeaseToken asked, ProgressItem item) {
    var book = book(key);
    long epoch = item.token().epoch();
    if (epoch < book.sealedEpoch) {
      verdicts.broken(
          Promise.ONLY_THE_OWNER_COMMITS,
          key + " was sealed with epoch " + book.sealedEpoch + " and now with " + epoch);
    }
    if (epoch > book.sealedEpoch) {
      trace.tell("store", Names.of(key) + " sealed by " + Names.of(asked));
      book.sealedEpoch = epoch;
    }
  }

  /** An operator has moved the function: the item has this revision by it. */
  void moved(ProgressKey key, long rev) {
    trace.tell("store", Names.of(key) + " moved at revision " + rev);
    book(key).movedAt = rev;
  }

  /** A commit or an end was carried out, or found that it had been. */
  void written(CheckpointStore.Write write, WriteAnswer answer) {
    if (!(answer instanceof WriteAnswer.Applied)) {
      return;
    }
    var claim = write.claim();
    var book = book(claim.key());
    if (book.lastAttempt.equals(claim.attempt())) {
      return;
    }
    book.lastAttempt = claim.attempt();
    commits++;
    var name = Names.of(claim.key());
    trace.tell("store", name + " " + Names.of(write) + " by " + Names.of(claim.token()));
    if (claim.token().epoch() < book.sealedEpoch) {
      verdicts.broken(
          Promise.ONLY_THE_OWNER_COMMITS,
          name
              + " is sealed with epoch "
              + book.sealedEpoch
              + ", and a write under "
              + Names.of(claim.token())
              + " was carried out");
    }
    if (claim.rev() < book.movedAt) {
      verdicts.broken(
          Promise.OPERATORS_ARE_OBEYED,
          name
              + " was moved at revision "
              + book.movedAt
              + ", and a write that knew revision "
              + claim.rev()
              + " was carried out");
    }
    if (book.ended) {
      verdicts.broken(Promise.POSITION_NEVER_BACK, name + " was ended, and is written again");
    }
    compare(name, book, claim, write.progress());
    if (write instanceof CheckpointStore.End) {
      end(name, claim.key(), book);
    }
  }

  private void compare(String name, Book book, WriteClaim claim, Progress progress) {
    var now = puts(claim.key().shard()).covered(claim.key().shard().shard(), progress);
    var lost = (BitSet) book.committed.clone();
    lost.andNot(now);
    if (!lost.isEmpty()) {
      verdicts.broken(
          Promise.POSITION_NEVER_BACK,
          name
              + ": a commit of "
              + Names.of(claim.token())
              + " gives up records "
              + lost
              + " that were committed");
    }
    var added = (BitSet) now.clone();
    added.andNot(book.committed);
    added.andNot(book.settled.getOrDefault(claim.token(), new BitSet()));
    added.andNot(puts(claim.key().shard()).trimmedOf(claim.key().shard().shard()));
    if (!added.isEmpty()) {
      verdicts.broken(
          Promise.NOTHING_PASSED_OVER,
          name
              + ": a commit of "
              + Names.of(claim.token())
              + " covers records "
              + added
              + ", which it did not settle");
    }
    book.committed.or(now);
  }

  private void end(String name, ProgressKey key, Book book) {
    book.ended = true;
    var puts = puts(key.shard());
    if (!puts.isClosed(key.shard().shard())) {
      verdicts.broken(Promise.NOTHING_PASSED_OVER, name + " is ended, and the shard is open");
    }
    var missing = puts.allOf(key.shard().shard());
    missing.andNot(book.committed);
    missing.andNot(puts.trimmedOf(key.shard().shard()));
    if (!missing.isEmpty()) {
      verdicts.broken(
          Promise.NOTHING_PASSED_OVER, name + " is ended without its records " + missing);
    }
  }

  /** A delivery or a commit in a shard: its parents must have been ended by the function. */
  void begins(String function, ShardKey shard) {
    for (var parent : puts(shard).parentsOf(shard.shard())) {
      if (!isEnded(function, new ShardKey(shard.stream(), parent))) {
        verdicts.broken(
            Promise.CHILD_AFTER_PARENTS,
            function + " runs in " + Names.of(shard) + " before it ended " + Names.of(parent));
      }
    }
  }

  boolean isEnded(String function, ShardKey shard) {
    var book = books.get(new ProgressKey(shard, function));
    return book != null && book.ended;
  }

  /** Whether the function has committed every record that lies in the shard. */
  boolean isComplete(String function, ShardKey shard) {
    var missing = puts(shard).allOf(shard.shard());
    missing.andNot(committed(function, shard));
    missing.andNot(puts(shard).trimmedOf(shard.shard()));
    return missing.isEmpty();
  }

  /** The places of the shard's records that the function has committed; not to be changed. */
  BitSet committed(String function, ShardKey shard) {
    var book = books.get(new ProgressKey(shard, function));
    return book == null ? new BitSet() : book.committed;
  }

  long commits() {
    return commits;
  }

  private Puts puts(ShardKey shard) {
    return feeds.apply(shard).puts();
  }

  private Book book(ProgressKey key) {
    return books.computeIfAbsent(NameRoll.first(key), k -> new Book());
  }
}
