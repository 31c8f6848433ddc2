package io.headrace.bench.rig;

import java.time.Duration;

/**
 * The processor time, user and system, that the server and this process take from now on. What a
 * server needs for a record does not depend on how much the load program takes beside it.
 */
public final class CpuMeter {
  private final long serverPid;
  private final long serverNanos;
  private final long clientNanos;

  private CpuMeter(long serverPid) {
    this.serverPid = serverPid;
    this.serverNanos = nanos(serverPid);
    this.clientNanos = nanos(ProcessHandle.current().pid());
  }

  public static CpuMeter started(long serverPid) {
    return new CpuMeter(serverPid);
  }

  /** Adds both, in microseconds for each record. */
  public void addTo(Figures figures, String prefix, long records) {
    if (records > 0) {
      figures.put(prefix + ".server_cpu_us", (nanos(serverPid) - serverNanos) / 1000.0 / records);
      figures.put(
          prefix + ".client_cpu_us",
          (nanos(ProcessHandle.current().pid()) - clientNanos) / 1000.0 / records);
    }
  }

  static long nanos(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .map(Duration::toNanos)
        .orElse(0L);
  }
}
