package io.headrace.function;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Where dead letters are put. Takes no fence: what counts is in the ledger. Any thread may call.
 */
public interface LetterSink extends AutoCloseable {
  /** For the operator, such as {@code queue https://…}. */
  String name();

  /**
   * Stores letters, in order where the sink keeps one; never blocks. The stage completes when all
   * are durable; when it fails, some may be, and all are put again: a letter may lie there twice. A
   * letter that the sink can't take whole is put without its payload ({@link SinkLetter#json}),
   * never refused.
   */
  CompletionStage<?> put(List<? extends SinkLetter> letters);

  @Override
  void close();
}
