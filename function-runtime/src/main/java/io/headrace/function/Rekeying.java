package io.headrace.function;

import io.headrace.function.through.Carrying;
import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Source;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.function.Function;

/**
 * The first stage of a function that is keyed across shards: finds the keys of records and puts
 * them into envelopes. On the invocation pool.
 */
final class Rekeying<I> implements BatchFunction<I, Carried> {
  private final Function<? super I, String> keyOf;
  private final StreamId stream;
  private final Carrying carrying;

  Rekeying(Function<? super I, String> keyOf, StreamId stream, Carrying carrying) {
    this.keyOf = keyOf;
    this.stream = stream;
    this.carrying = carrying;
  }

  /** A decoder that tells of records that say that nothing more comes. */
  static <I> Decoder<I> watched(Decoder<I> decoder, Carrying carrying) {
    return new Decoder<>() {
      @Override
      boolean isTimed() {
        return decoder.isTimed();
      }

      @Override
      Decoded<I> decode(StreamRecord record) throws IOException, Unreadable {
        var decoded = decoder.decode(record);
        if (decoded.end()) {
          carrying.foundLast(record.position());
        }
        return decoded;
      }
    };
  }

  @Override
  public void handle(Batch<I, Carried> batch) throws IOException {
    for (var event : batch) {
      try {
        batch.out(event).send(carried((RecordEvent<I>) event));
      } catch (Decoder.Unreadable | TerminalFailure refused) {
        batch.fail(event, refused);
      }
    }
  }

  private Carried carried(RecordEvent<I> event) throws Decoder.Unreadable, IOException {
    var record = event.record();
    var position = record.position();
    var shard = new ShardKey(stream, new ShardId(event.id().shard()));
    boolean replayed = !carrying.isOfTheShard(position);
    var key = StateKey.keyOf(keyOf, event.value());
    var watermark = carrying.timed(position, event.time());
    return envelope(shard, record, replayed, key, event.time(), watermark);
  }

  /**
   * The envelope of a record.
   *
   * @param shard in which it lies
   * @throws IOException when a payload that is fetched late can't be had now
   */
  static Carried envelope(
      ShardKey shard,
      StreamRecord record,
      boolean replayed,
      String key,
      Instant time,
      Instant watermark)
      throws IOException {
    return new Carried(
        new Source(shard, record.position()),
        replayed,
        key,
        record.key().text(),
        record.arrivedAt(),
        time,
        watermark,
        record.headers(),
        record.payload().bytes());
  }
}
