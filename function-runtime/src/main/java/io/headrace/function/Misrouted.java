package io.headrace.function;

/**
 * What becomes of records that an aggregate brought into a shard that is not theirs: a producer
 * packs records of several keys into one, the shard is split before they arrive, and some of them
 * land where their hash key (the explicit one, else the MD5 of their partition key) does not
 * belong.
 *
 * <p>The Kinesis Producer Library notices that an aggregate went to another shard than it meant,
 * and puts all records of it again; other aggregators don't (<a
 * href="https://github.com/awslabs/kinesis-aggregation/issues/11">their issue 11</a>). Who reads
 * can't tell which it was, so none is passed over silently unless that is asked for. Those of the
 * aggregate that do belong to the shard are handed over whatever is chosen here. Set by {@link
 * Input#misrouted}; counted and told as {@link FunctionEvent.MisroutedFound}.
 */
public enum Misrouted {
  /** Into the dead letters, under the code {@code Misrouted}: the default, and nothing is lost. */
  DEAD_LETTER,

  /**
   * Dropped and counted: right where every producer puts such records again, as the Kinesis
   * Producer Library does, and a loss where one does not. The Kinesis Client Library drops the
   * whole aggregate as soon as one of its records lies outside, those that belong there too; here
   * they are handled, and a second time when their producer puts them again.
   */
  DROP,

  /**
   * Handed to the function, which may see a record twice that its producer put again, and out of
   * the order of its key. Functions with state refuse those whose partition key does not belong to
   * the shard all the same, under the code {@code ForeignKey}.
   */
  DELIVER
}
