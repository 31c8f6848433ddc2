package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.ApplicationItem;
import io.headrace.lease.Book;
import io.headrace.lease.LeaseItem;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.Notice;
import io.headrace.lease.RosterPart;
import io.headrace.lease.WorkerItem;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Short names for traces: shard 3, life 5f2a of worker w1. */
final class Names {
  private static final int LIFE_LETTERS = 4;
  private static final String SHARD_PREFIX = "shardId-0*";

  private Names() {}

  static String of(ShardId shard) {
    var number = shard.value().replaceFirst(SHARD_PREFIX, "");
    return "s" + (number.isEmpty() ? "0" : number);
  }

  static String of(ShardKey shard) {
    boolean second = shard.stream().name().equals(ProbeFunctions.SECOND_STREAM);
    return (second ? ProbeFunctions.SECOND_STREAM + "/" : "") + of(shard.shard());
  }

  static String of(@Nullable Incarnation who) {
    if (who == null) {
      return "nobody";
    }
    var life = who.life();
    int dot = life.indexOf('.');
    var rebirths = dot < 0 ? "" : life.substring(dot);
    return who.workerId()
        + "#"
        + life.substring(0, Math.min(LIFE_LETTERS, life.length()))
        + rebirths;
  }

  static String of(LeaseToken token) {
    return of(token.owner()) + "!" + token.epoch();
  }

  static String of(ProgressKey key) {
    return Names.of(key.shard()) + "/" + key.function();
  }

  static String of(CheckpointStore.Write write) {
    var progress = write.progress();
    return (write instanceof CheckpointStore.End ? "ended" : "committed")
        + " through "
        + progress.through().map(position -> position.sequence().value()).orElse("nothing")
        + (progress.ranges().isEmpty() ? "" : " and " + progress.ranges().size() + " ranges");
  }

  static String of(LeaseItem item) {
    if (item instanceof LeaseRow row) {
      return "lease "
          + of(row.shard())
          + " owner "
          + of(row.owner())
          + " epoch "
          + row.epoch()
          + (row.ended() ? " ended" : "")
          + (row.awaits().isEmpty() ? "" : " awaits " + row.awaits())
          + (row.from() == null ? "" : " from " + of(row.from()));
    }
    if (item instanceof Book book) {
      return "book of "
          + of(book.owner())
          + " holds "
          + shards(book.holdings())
          + (book.offers().isEmpty() ? "" : " offers " + shards(book.offers().keySet()))
          + (book.ready().isEmpty() ? "" : " ready " + shards(book.ready()));
    }
    if (item instanceof RosterPart part) {
      return "roster "
          + part.shards().entrySet().stream()
              .map(entry -> of(entry.getKey()) + "=" + entry.getValue())
              .collect(Collectors.joining(" "));
    }
    if (item instanceof Notice notice) {
      return "notice of order " + notice.orders();
    }
    if (item instanceof ApplicationItem application) {
      return "application reads " + application.streams();
    }
    var worker = (WorkerItem) item;
    return "worker " + of(worker.incarnation()) + " " + worker.state();
  }

  private static String shards(Iterable<ShardKey> keys) {
    var text = new StringBuilder("[");
    keys.forEach(key -> text.append(text.length() == 1 ? "" : " ").append(of(key)));
    return text.append(']').toString();
  }
}
