package io.headrace.bench.local;

import io.headrace.bench.rig.CpuMeter;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.Subscriptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Reads a stream that is there already, from its oldest record, through enhanced fan-out. */
final class PushLoad {
  private PushLoad() {}

  /** Ends when all records are here or the time is over, whichever comes first. */
  static Figures run(
      LoadClient client,
      String stream,
      String consumer,
      long records,
      Duration time,
      long serverPid,
      String prefix) {
    String arn = Subscriptions.register(client, stream, consumer);
    AtomicLong arrived = new AtomicLong();
    AtomicLong lastTick = new AtomicLong();
    CpuMeter cpu = CpuMeter.started(serverPid);
    long start = System.nanoTime();
    Subscriptions subscriptions =
        Subscriptions.open(
            client,
            arn,
            client.shards(stream),
            ShardIteratorType.TRIM_HORIZON,
            record -> {
              arrived.incrementAndGet();
              lastTick.setPlain(System.nanoTime());
            });
    while (arrived.get() < records && System.nanoTime() - start < time.toNanos()) {
      subscriptions.requireWhole();
      Pause.millis(1);
    }
    long count = arrived.get();
    if (count == 0) {
      throw new NotMeasured("no record was pushed in " + time.toMillis() + " ms");
    }
    Figures figures =
        new Figures().put(prefix + ".records_s", count / ((lastTick.getPlain() - start) / 1e9));
    cpu.addTo(figures, prefix, count);
    return figures;
  }
}
