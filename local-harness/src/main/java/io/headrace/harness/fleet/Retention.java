package io.headrace.harness.fleet;

import io.headrace.kcl.ShardKey;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What becomes of old records: mostly those go that every function has committed, and nobody may
 * notice; now and then those too that a function is too slow for. A closed shard that is done with
 * may not be listed any more. On the world's loop only.
 */
final class Retention {
  /** Of so many times one loses records. */
  private static final int TOO_SHORT_ONE_OF = 3;

  private Retention() {}

  static void strike(FleetWorld world, SplittableRandom random) {
    var feed = Disturbance.feed(world, random);
    var shards =
        feed.stream().shardsNow().stream()
            .filter(shard -> !feed.puts().in(shard.id()).isEmpty())
            .toList();
    boolean tooShort = random.nextInt(TOO_SHORT_ONE_OF) == 0;
    double share = random.nextDouble();
    if (shards.isEmpty()) {
      return;
    }
    var shard = shards.get(random.nextInt(shards.size()));
    var key = feed.key(shard.id());
    var puts = feed.puts().in(shard.id());
    int count = (int) Math.ceil(share * (tooShort ? puts.size() : committed(world, key)));
    if (count > 0) {
      var last = puts.get(count - 1);
      lose(world, key, count);
      feed.stream().trim(shard.id(), last.position());
      world
          .trace()
          .tell("world", "trims " + Names.of(key) + " through " + last.position().sequence());
    }
    if (count == puts.size() && isDoneWith(world, key)) {
      feed.listing().forget(shard.id());
      world.trace().tell("world", "lists " + Names.of(key) + " no more");
    }
  }

  private static void lose(FleetWorld world, ShardKey key, int count) {
    var puts = world.feed(key).puts();
    for (var put : puts.in(key.shard()).subList(0, count)) {
      puts.trimmed(put);
      for (var function : readers(world, key)) {
        if (!world.progress().committed(function, key).get(put.place())) {
          world.deliveries().lost(function, put);
        }
      }
    }
  }

  /** The functions that read the shard's stream. */
  private static List<String> readers(FleetWorld world, ShardKey key) {
    return world.workload().functions(world.plan()).stream()
        .filter(function -> world.feedOf(function).equals(world.feed(key)))
        .toList();
  }

  /** How many of the shard's first records every function has committed. */
  private static int committed(FleetWorld world, ShardKey key) {
    return readers(world, key).stream()
        .mapToInt(function -> world.progress().committed(function, key).nextClearBit(0))
        .min()
        .orElse(0);
  }

  private static boolean isDoneWith(FleetWorld world, ShardKey key) {
    return readers(world, key).stream()
        .allMatch(function -> world.progress().isEnded(function, key));
  }
}
