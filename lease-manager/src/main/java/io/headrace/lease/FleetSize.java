package io.headrace.lease;

/**
 * How large a fleet is, as one of its workers sees it.
 *
 * @param workers that take part and do not leave; 0 before the first look
 * @param shards that can be run, by whomever: more workers than these have nothing to do
 */
public record FleetSize(int workers, int shards) {
  /** Before the first look. */
  public static final FleetSize UNKNOWN = new FleetSize(0, 0);
}
