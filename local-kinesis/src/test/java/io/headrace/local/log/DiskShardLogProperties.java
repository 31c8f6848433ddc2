package io.headrace.local.log;

import java.nio.file.Path;
import java.time.Duration;

/** The log in files does what the contract asks, also when it is opened again after any step. */
class DiskShardLogProperties extends ShardLogContract {
  private static final Path FOLDER = Path.of("/data/stream/shard-3").toAbsolutePath();
  private static final DiskSettings SMALL = new DiskSettings(1_500, Duration.ofMillis(40), 1);

  private SimulatedDisk disk = new SimulatedDisk();

  @Override
  ShardLog empty() {
    disk = new SimulatedDisk();
    return open();
  }

  @Override
  ShardLog reopened(ShardLog log, boolean afterKill) {
    if (!afterKill) {
      ((DiskShardLog) log).close();
    }
    disk = disk.afterDeath();
    return open();
  }

  private ShardLog open() {
    GroupSync sync = new GroupSync(disk, SyncPolicy.NEVER, Runnable::run);
    return DiskShardLog.open(
        new DiskContext(
            SMALL, disk, sync, new OpenFiles(SMALL.openFilesMax()), new ByteBudget(Long.MAX_VALUE)),
        FOLDER,
        SHARD);
  }
}
