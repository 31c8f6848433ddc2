package io.headrace.harness.fleet;

import io.headrace.kcl.LeaseToken;
import java.util.HashMap;
import java.util.Map;

/**
 * Which version of their states' codec the processes of a fleet read, while a deployment takes the
 * place of another, is taken back half-way, and comes again. On the world's loop only.
 *
 * <p>The former version comes back only while somebody still runs it, and the new one has not been
 * written: behind that a way back needs a codec that reads both, which is the user's to know.
 */
final class CodecRoll {
  static final int FORMER = 1;
  static final int NEW = 2;
  private static final int NEW_OF_FIVE = 3;

  private final Map<String, Integer> reads = new HashMap<>();
  private boolean written;
  private long writtenAt;

  /** Decided once for a process, by its name and the plan, so that other draws stay as they are. */
  int readBy(SimulatedProcess process) {
    var world = process.world();
    var known = reads.get(process.name());
    if (known != null) {
      return known;
    }
    boolean begins = world.processes().size() < world.plan().workers();
    long drawn = Tally.mix(31L * world.plan().hashCode() + process.name().hashCode());
    boolean former =
        begins
            || (mayBeTakenBack(world)
                && !process.id().equals(FleetCourse.HEIR)
                && Math.floorMod(drawn, 5) >= NEW_OF_FIVE);
    int version = former ? FORMER : NEW;
    reads.put(process.name(), version);
    world.trace().tell(process.name(), "reads states up to version " + version);
    return version;
  }

  private boolean mayBeTakenBack(FleetWorld world) {
    return !written
        && world.active().stream().anyMatch(each -> reads.getOrDefault(each.name(), NEW) == FORMER);
  }

  /** A state was encoded, which may come to be committed. */
  void wrote(SimulatedProcess process, int version) {
    if (version == NEW && !written) {
      written = true;
      writtenAt = process.world().loop().ticks();
      process.world().trace().tell(process.name(), "writes states of version " + version);
    }
  }

  /**
   * Whether a process may meet a state that it can't read: one that was declared dead and comes
   * back is not among the living that a writer asks, and a writer may hear of it a lease time and a
   * replica's lag later. It gives the shard up and changes nothing; who reads the state goes on.
   *
   * @param of whose lease it was
   */
  boolean mayMeetNewer(SimulatedProcess process, LeaseToken of, Throwable failure) {
    var world = process.world();
    var heardWithin = world.plan().leaseTime().plus(WatchedTable.LONG_LAG_MAX);
    return failure.getCause() instanceof TooNew
        && reads.getOrDefault(process.name(), NEW) == FORMER
        && written
        && world.leases().firstSeen(of.owner()) > writtenAt - heardWithin.toNanos();
  }

  /** The operator ends the roll: who can't read what was written is stopped. */
  void end(FleetWorld world) {
    if (written) {
      world.living().stream()
          .filter(process -> reads.getOrDefault(process.name(), NEW) == FORMER)
          .forEach(SimulatedProcess::kill);
    }
  }

  /** A state of a version that was not known to a deployment yet. */
  static final class TooNew extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    TooNew(int version, int read) {
      super("state of version " + version + ": this codec reads up to " + read);
    }
  }
}
