package io.headrace.bench.consumer;

import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.Subscriptions;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * The floor: the SDK's GetRecords or SubscribeToShard and nothing around it. It has no leases,
 * writes no progress, and does not renew its subscriptions, since no run lasts five minutes.
 */
final class BareConsumer {
  private BareConsumer() {}

  /** Takes what {@link ConsumerSettings#command} writes. */
  public static void main(String[] args) {
    ConsumerProgram.run(args, BareConsumer::start);
  }

  private static AutoCloseable start(ConsumerSettings settings, Consumer<ByteBuffer> arrived) {
    Consumer<Record> reader = record -> arrived.accept(record.data().asByteBuffer());
    return switch (settings.reading()) {
      case POLLING, POLLING_OFTEN, POLLING_HTTP1 -> poll(settings, BarePages.Pace.ANY, reader);
      case POLLING_PACED -> poll(settings, BarePages.Pace.OF_SERVICE, reader);
      case FAN_OUT -> subscribe(settings, reader);
    };
  }

  private static AutoCloseable poll(
      ConsumerSettings settings, BarePages.Pace pace, Consumer<Record> reader) {
    LoadClient client = LoadClient.http1(settings.kinesis());
    BarePages pages = BarePages.open(client, settings.stream(), pace, () -> reader);
    return () -> {
      try (client) {
        pages.close();
      }
    };
  }

  private static AutoCloseable subscribe(ConsumerSettings settings, Consumer<Record> reader) {
    LoadClient client = LoadClient.http2(settings.kinesis());
    String arn = Subscriptions.register(client, settings.stream(), settings.application());
    Subscriptions subscriptions =
        Subscriptions.open(
            client, arn, client.shards(settings.stream()), ShardIteratorType.TRIM_HORIZON, reader);
    return () -> {
      try (client) {
        subscriptions.requireWhole();
      }
    };
  }
}
