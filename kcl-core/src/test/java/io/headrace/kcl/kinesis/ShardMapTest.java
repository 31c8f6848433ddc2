package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.loop.SimulatedLoop;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ShardMapTest {
  @Test
  void finds_the_open_shard_that_the_stream_puts_a_key_in_through_splits_and_merges() {
    for (long seed = 0; seed < 50; seed++) {
      var random = new SplittableRandom(seed);
      var kinesis = new ShardedKinesis(new SimulatedLoop(seed), random, 1 + random.nextInt(6));
      InMemoryStream stream = kinesis.stream;
      for (int change = random.nextInt(10); change > 0; change--) {
        if (random.nextBoolean()) {
          kinesis.splitOne();
        } else {
          kinesis.mergeTwo();
        }
      }
      var map = new ShardMap(stream.shardsNow());
      for (int i = 0; i < 100; i++) {
        String key = "key-" + random.nextInt();
        var record = new PendingRecord(new Entry(key, new byte[0]), told -> {}, null, 0);
        for (Shard shard : stream.shardsNow()) {
          assertThat(map.holdsAll(shard.id().value(), List.of(record)))
              .isEqualTo(shard.range().holds(key));
        }
        assertThat(stream.openShards())
            .as("seed %d, key %s", seed, key)
            .filteredOn(shard -> shard.range().holds(key))
            .extracting(shard -> shard.id().value())
            .containsExactly(map.shardOf(record));
      }
    }
  }

  @Test
  void knows_nothing_of_a_shard_that_is_not_listed() {
    var map = new ShardMap(List.of(Shard.root("shardId-0")));
    var record = new PendingRecord(new Entry("key", new byte[0]), told -> {}, null, 0);
    assertThat(map.knows("shardId-1")).isFalse();
    assertThat(map.holdsAll("shardId-1", List.of(record))).isFalse();
  }

  @Test
  void is_not_made_of_a_list_with_a_gap_or_an_overlap() {
    BigInteger middle = BigInteger.ONE.shiftLeft(127);
    var lower = new HashRange(BigInteger.ZERO, middle);
    var upper = new HashRange(middle.add(BigInteger.TWO), HashRange.ALL.last());
    assertThatThrownBy(() -> new ShardMap(shards(lower, upper)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("s-1", upper.first().toString());
    assertThatThrownBy(() -> new ShardMap(shards(lower, HashRange.ALL)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ShardMap(shards(lower)))
        .hasMessageContaining("end before hash key");
    assertThatThrownBy(() -> new ShardMap(List.of())).hasMessageContaining("hash key 0");
  }

  private static List<Shard> shards(HashRange... ranges) {
    var shards = new ArrayList<Shard>();
    for (HashRange range : ranges) {
      shards.add(new Shard(new ShardId("s-" + shards.size()), List.of(), range));
    }
    return shards;
  }
}
