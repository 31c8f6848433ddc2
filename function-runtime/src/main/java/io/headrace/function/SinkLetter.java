package io.headrace.function;

import java.time.Instant;

/**
 * What is put into a dead-letter sink: a record with its payload, or where the records of a batch
 * lie. Immutable.
 */
public sealed interface SinkLetter permits DeadLetter, DiscardedBatch {
  /** The function's name. */
  String function();

  /** Names what it is about: the same when it is put again. */
  String id();

  /** Letters of one key stay in order where the sink keeps one. */
  String partitionKey();

  Instant failedAt();

  /** Groups letters. */
  String code();

  /**
   * One line of JSON; where that would be longer than a sink takes, without what can be left out.
   *
   * @param bytesMax of UTF-8
   */
  byte[] json(int bytesMax);
}
