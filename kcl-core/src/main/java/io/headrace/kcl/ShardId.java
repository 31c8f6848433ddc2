package io.headrace.kcl;

/**
 * A shard's name within its stream, such as {@code shardId-000000000003}.
 *
 * @param value not empty, without {@code !} and {@code /}, which separate the parts of keys
 */
public record ShardId(String value) implements Comparable<ShardId> {
  public ShardId {
    if (value.isEmpty() || value.indexOf('!') >= 0 || value.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "shard id \"" + value + "\": must not be empty nor hold '!' or '/'");
    }
  }

  @Override
  public int compareTo(ShardId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
