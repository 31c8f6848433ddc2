package io.headrace.function.through;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoutingTest {
  private static final BigInteger KEYS = HashRange.ALL.last().add(BigInteger.ONE);

  private static BigInteger share(int part, int parts) {
    return KEYS.multiply(BigInteger.valueOf(part)).divide(BigInteger.valueOf(parts));
  }

  @Test
  void every_shard_that_takes_records_has_a_key_that_leads_into_it() {
    var shards = new ArrayList<Shard>();
    var old = Shard.root("old");
    shards.add(old);
    for (int i = 0; i < 500; i++) {
      var range = new HashRange(share(i, 500), share(i + 1, 500).subtract(BigInteger.ONE));
      shards.add(new Shard(new ShardId("s" + i), List.of(old.id()), range));
    }

    var keys = Routing.intoEach(shards);

    assertThat(keys).hasSize(500).doesNotContainKey(old.id());
    shards
        .subList(1, 501)
        .forEach(shard -> assertThat(shard.range().holds(keys.get(shard.id()))).isTrue());
  }

  @Test
  void a_shard_that_no_key_is_found_for_is_named() {
    var narrow =
        new Shard(new ShardId("thin"), List.of(), new HashRange(BigInteger.ONE, BigInteger.ONE));

    assertThatThrownBy(() -> Routing.intoEach(List.of(narrow)))
        .hasMessageContaining("shard thin is too narrow");
  }

  @Test
  void a_key_is_its_own_partition_key_unless_no_stream_takes_it() {
    var longest = "𝄞".repeat(256);

    assertThat(Routing.partitionKey("ZRH")).isEqualTo("ZRH");
    assertThat(Routing.partitionKey(longest)).isEqualTo(longest);
    assertThat(Routing.partitionKey(longest + "x")).startsWith("sha-256:").hasSizeLessThan(80);
    assertThat(Routing.partitionKey("")).startsWith("sha-256:");
    assertThat(Routing.partitionKey(longest + "x")).isNotEqualTo(Routing.partitionKey(""));
  }
}
