package io.headrace.local.log;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Where the streams of one server are kept. Any thread. */
public interface LogStore extends AutoCloseable {
  /** The streams that an earlier server left here. */
  List<KeptStream> kept();

  /** Room for a new stream; there is nothing there until its state is saved. */
  StreamLogs create(StreamName name);

  /** The bytes that all records may take here, and those that they take. */
  ByteBudget budget();

  /**
   * When all that was written until now outlives a loss of power; null when an answer need not wait
   * for that. Fails with {@link LogFailure}.
   */
  @Nullable CompletionStage<@Nullable Void> safe();

  /** Does what is to be done every second. */
  void tick();

  @Override
  void close();
}
