package io.headrace.bench.fanout;

import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.Subscriptions;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * The floor: the SDK's SubscribeToShard and nothing around it. It has no leases, writes no
 * progress, and does not renew its subscriptions, since no run lasts five minutes.
 */
final class BareConsumer {
  private BareConsumer() {}

  /** Takes what {@link ConsumerSettings#command} writes. */
  public static void main(String[] args) {
    ConsumerProgram.run(args, BareConsumer::start);
  }

  private static AutoCloseable start(ConsumerSettings settings, Consumer<ByteBuffer> arrived) {
    LoadClient client = LoadClient.http2(settings.kinesis());
    String arn = Subscriptions.register(client, settings.stream(), settings.application());
    Subscriptions subscriptions =
        Subscriptions.open(
            client,
            arn,
            client.shards(settings.stream()),
            ShardIteratorType.TRIM_HORIZON,
            record -> arrived.accept(record.data().asByteBuffer()));
    return () -> {
      subscriptions.requireWhole();
      client.close();
    };
  }
}
