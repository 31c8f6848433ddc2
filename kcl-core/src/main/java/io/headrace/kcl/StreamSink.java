package io.headrace.kcl;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * A stream that can be written. Calls never block; stages complete on any thread, exceptionally
 * with {@link StreamException}.
 */
public interface StreamSink extends AutoCloseable {
  /**
   * Writes records; records of one key stay in order. The stage completes when all are stored,
   * after retries of those that failed; a record may then be stored twice, never be missing.
   */
  CompletionStage<List<Stored>> put(List<Entry> entries);

  @Override
  void close();

  /** Where an entry was stored: what a reader will find it under. */
  record Stored(ShardId shard, Position position) {}

  /**
   * A record to be written; the array is not copied and must not change.
   *
   * @param headers what readers find in {@link StreamRecord#headers}, such as {@link #ID}; mostly
   *     none. A stream whose records have no headers of their own packs them beside the payload.
   */
  record Entry(String partitionKey, byte[] data, Map<String, String> headers) {
    /**
     * The header that names an entry for ever: an entry that is put again, by whomever, has the
     * same. Readers drop the later ones.
     */
    public static final String ID = "headrace-id";

    public Entry(String partitionKey, byte[] data) {
      this(partitionKey, data, Map.of());
    }

    public Entry {
      headers = StableCopy.of(headers);
      if (partitionKey.isEmpty() || partitionKey.codePointCount(0, partitionKey.length()) > 256) {
        throw new IllegalArgumentException(
            "partition key of "
                + partitionKey.length()
                + " characters: a stream takes 1 to 256 Unicode characters");
      }
    }

    @Override
    public String toString() {
      return "entry of " + data.length + " bytes";
    }
  }
}
