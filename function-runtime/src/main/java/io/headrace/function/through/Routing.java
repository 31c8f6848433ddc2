package io.headrace.function.through;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which partition key leads where in a through-stream. Pure. */
public final class Routing {
  /** What a stream takes of a partition key, in characters. */
  private static final int KEY_CHARACTERS_MAX = 256;

  /** Stands before the digest of a key that a stream would not take. */
  private static final String DIGEST = "sha-256:";

  /** A random key lies in a shard of the hundred-thousandth part of all keys after so many. */
  private static final int KEYS_TRIED_MAX = 2_000_000;

  private Routing() {}

  /**
   * The partition key of a function's key: the key itself, or a digest of one that is empty or
   * longer than a stream takes.
   */
  public static String partitionKey(String key) {
    if (!key.isEmpty() && key.codePointCount(0, key.length()) <= KEY_CHARACTERS_MAX) {
      return key;
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8));
      return DIGEST + new BigInteger(1, digest).toString(16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }

  /**
   * For each shard that takes records a partition key that leads into it.
   *
   * @param listed all shards that the stream names
   * @throws IllegalArgumentException when a shard is so narrow that no key is found
   */
  public static Map<ShardId, String> intoEach(List<Shard> listed) {
    var parents = new HashSet<ShardId>();
    listed.forEach(shard -> parents.addAll(shard.parents()));
    var open = new TreeMap<BigInteger, Shard>();
    listed.stream()
        .filter(shard -> !parents.contains(shard.id()))
        .forEach(shard -> open.put(shard.range().first(), shard));
    var keys = new LinkedHashMap<ShardId, String>();
    for (int i = 0; i < KEYS_TRIED_MAX && keys.size() < open.size(); i++) {
      var key = "mark-" + i;
      var hash = HashRange.hashOf(key);
      var below = open.floorEntry(hash);
      if (below != null && below.getValue().range().holds(hash)) {
        keys.putIfAbsent(below.getValue().id(), key);
      }
    }
    for (var shard : open.values()) {
      if (!keys.containsKey(shard.id())) {
        throw new IllegalArgumentException(
            "shard " + shard.id() + " is too narrow: no partition key was found for it; merge it");
      }
    }
    return keys;
  }
}
