package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.lease.WorkerItem.State;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who does the chores of a stream (listing it, making leases, sweeping): the first of the active
 * workers that read it, by rendezvous, without any write or read. All chores may be done twice, and
 * by nobody for a while, so no two views have to agree; whoever is first of all is first in its own
 * view too, so somebody always is. Lives on the coordinator's loop.
 */
final class Duties {
  /** No shard bears this name: it stands for the chores of the stream. */
  private static final ShardId CHORES = new ShardId("*chores");

  private final Desk desk;
  private final Heart heart;
  private final Fleet fleet;
  private final Map<StreamId, Boolean> mine = new HashMap<>();

  /** From whom {@link #mine} was found. */
  private @Nullable Workers among;

  /** Who may do chores, as far as is known: each the same object until something of it changes. */
  private record Workers(
      List<WorkerItem> living, Map<Incarnation, Profile> profiles, State state, boolean standby) {
    @SuppressWarnings("ReferenceEquality")
    boolean isSame(@Nullable Workers other) {
      return other != null
          && living == other.living
          && profiles == other.profiles
          && state == other.state
          && standby == other.standby;
    }
  }

  Duties(Desk desk, Heart heart, Fleet fleet) {
    this.desk = desk;
    this.heart = heart;
    this.fleet = fleet;
  }

  boolean areMine(StreamId stream) {
    var now =
        new Workers(fleet.view().living(), fleet.profiles(), heart.state(), heart.isStandby());
    if (!now.isSame(among)) {
      among = now;
      mine.clear();
    }
    return mine.computeIfAbsent(stream, this::find);
  }

  private boolean find(StreamId stream) {
    var workers = new TreeSet<Incarnation>(fleet.view().active());
    workers.removeIf(who -> !fleet.reads(who, stream));
    if (heart.state() == State.ACTIVE) {
      workers.add(desk.self());
    }
    fleet.retainAwake(workers);
    var first =
        RendezvousHash.among(workers, Map.of()).best(new ShardKey(stream, CHORES), who -> true);
    return first == null || first.equals(desk.self());
  }
}
