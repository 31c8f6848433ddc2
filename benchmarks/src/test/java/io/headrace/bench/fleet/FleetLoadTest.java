package io.headrace.bench.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class FleetLoadTest {
  @Test
  void each_half_of_each_shard_has_a_hash_key_in_its_midst() {
    BigInteger keys = BigInteger.ONE.shiftLeft(128);
    BigInteger eighth = keys.shiftRight(3);

    assertThat(FleetLoad.hashKeys(2))
        .containsExactly(
            eighth.toString(),
            eighth.multiply(BigInteger.valueOf(3)).toString(),
            eighth.multiply(BigInteger.valueOf(5)).toString(),
            eighth.multiply(BigInteger.valueOf(7)).toString());
  }
}
