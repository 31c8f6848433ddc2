package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamSink;
import io.headrace.kcl.kinesis.ProducerMachine.Patience;
import io.headrace.kcl.kinesis.ProducerSettings.Aggregation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The port's way to write to a stream: a producer that keeps every key in order, sends at once, and
 * takes the service's refusals as its pace, so that a {@link #plain} one needs no right but that to
 * PutRecords. Any thread may call.
 *
 * <p>In a plain one entries without headers are records of the stream as they are; those with
 * headers are packed in the format of the Kinesis Producer Library, one by one.
 *
 * <p><b>Failure.</b> What may pass is retried for {@link KinesisCalls#RETRYING_MAX} a record. When
 * a put then fails, or at once for good reasons, its records that are not under way are taken back,
 * and puts that wait behind it for one of its keys fail with it: else they would overtake it when
 * the caller tries again. Some records of a failed put may be stored. So it is with what landed in
 * a shard that ListShards does not name for as long.
 */
final class KinesisSink implements StreamSink {
  private static final ProducerSettings PLAIN =
      ProducerSettings.DEFAULT.ordered().lingering(Duration.ZERO).withoutRateLimit();

  private static final ProducerSettings PACKING = PLAIN.aggregating(Aggregation.BY_SHARD);

  private final HeadraceProducer producer;

  private KinesisSink(KinesisCalls calls, ProducerSettings settings) {
    producer = new HeadraceProducer(calls, settings, Patience.SINCE_FAILURE, () -> {});
  }

  static KinesisSink plain(KinesisCalls calls) {
    return new KinesisSink(calls, PLAIN);
  }

  /**
   * What is put together and belongs to one shard is one record of the stream: a key of many
   * records takes one call then, where plain records of a key need one after the other, and a
   * shard's limit of records is none.
   */
  static KinesisSink packing(KinesisCalls calls) {
    return new KinesisSink(calls, PACKING);
  }

  @Override
  public CompletionStage<List<Stored>> put(List<Entry> entries) {
    return producer.putAll(entries);
  }

  /** Puts that are not stored yet fail; the client stays open. */
  @Override
  public void close() {
    var unused = producer.close(Duration.ZERO);
  }
}
