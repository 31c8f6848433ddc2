package io.headrace.bench.kcl;

import io.headrace.bench.rig.Member;
import io.headrace.bench.rig.MemberSettings;
import java.util.concurrent.TimeUnit;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * The library as a worker of a measured fleet, run as its documentation shows it: the scheduler in
 * a daemon thread that nobody watches, a checkpoint every 5 s, at the end of a shard and when it is
 * asked to leave, and {@code startGracefulShutdown} at the end.
 */
public final class KclMember {
  private static final int STOP_SECONDS_MAX = 60;

  private KclMember() {}

  /** Takes what {@link MemberSettings#command} writes. */
  public static void main(String[] args) {
    Member.run(args, KclMember::start);
  }

  private static Member.Worker start(
      MemberSettings settings, Member.Handling function, Member.Traffic traffic) {
    KclSetup setup = new KclSetup(settings, () -> new Processor(function), traffic);
    Scheduler scheduler = setup.scheduler();
    Thread thread = new Thread(scheduler, "scheduler");
    thread.setDaemon(true);
    thread.start();
    return new Member.Worker() {
      @Override
      public boolean ready() {
        return setup.started();
      }

      @Override
      public boolean alive() {
        // The library has no way to ask.
        return true;
      }

      @Override
      public void close() throws Exception {
        scheduler.startGracefulShutdown().get(STOP_SECONDS_MAX, TimeUnit.SECONDS);
      }
    };
  }

  private static final class Processor extends CheckpointingProcessor {
    private final Member.Handling function;
    private String shard = "";

    Processor(Member.Handling function) {
      this.function = function;
    }

    @Override
    void begun(String shardId) {
      shard = shardId;
    }

    @Override
    void handle(KinesisClientRecord record) {
      function.handle(shard, record.sequenceNumber(), record.data());
    }
  }
}
