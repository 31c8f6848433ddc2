package io.headrace.acceptance.kcl;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.kinesis.PackedByUs;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a user gives a producer that aggregates.
 *
 * @param hashKey the explicit one
 */
record UserRecord(String key, Optional<String> hashKey, String text, Map<String, String> tags) {
  UserRecord(String key, String text) {
    this(key, Optional.empty(), text, Map.of());
  }

  byte[] data() {
    return text.getBytes(UTF_8);
  }

  /** What decides the shard where it belongs. */
  BigInteger hash() {
    return hashKey.map(BigInteger::new).orElseGet(() -> HashRange.hashOf(key));
  }

  /** As our producer packs. */
  static byte[] packedByUs(List<UserRecord> records) {
    var packed = new PackedByUs();
    records.forEach(r -> packed.add(r.key(), r.hashKey().orElse(null), r.data(), r.tags()));
    return packed.bytes();
  }
}
