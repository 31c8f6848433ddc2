package io.headrace.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShardEndsTest {
  static List<Shard> shards(int count) {
    var width = BigInteger.ONE.shiftLeft(128).divide(BigInteger.valueOf(count));
    var shards = new ArrayList<Shard>();
    for (int i = 0; i < count; i++) {
      var first = width.multiply(BigInteger.valueOf(i));
      var last = i == count - 1 ? HashRange.ALL.last() : first.add(width).subtract(BigInteger.ONE);
      shards.add(new Shard(new ShardId("shardId-" + i), List.of(), new HashRange(first, last)));
    }
    return shards;
  }

  @Test
  void each_shard_gets_a_key_that_it_holds_and_no_other() {
    for (int count : new int[] {1, 2, 3, 4, 16, 1000}) {
      var shards = shards(count);
      var keys = ShardEnds.keys(shards);

      assertThat(keys).hasSize(count);
      for (var shard : shards) {
        assertThat(shard.range().holds(keys.get(shard.id()))).isTrue();
      }
      assertThat(keys.values()).doesNotHaveDuplicates();
    }
  }

  @Test
  void a_shard_too_narrow_for_any_key_is_refused_by_name() {
    var narrow =
        new Shard(
            new ShardId("shardId-9"),
            List.of(),
            new HashRange(BigInteger.valueOf(5), BigInteger.valueOf(5)));

    assertThatThrownBy(() -> ShardEnds.keys(List.of(narrow)))
        .hasMessageContaining("shard shardId-9 takes the hash keys 5 to 5")
        .hasMessageContaining("merge it");
  }
}
