package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseEvent;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.WorkerItem.State;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The taker's side of a hand-over: prepare while the giver still delivers, say so in the book,
 * watch the row, acknowledge, and only then run. Lives on the coordinator's loop.
 */
final class Takes {
  private final Desk desk;
  private final Heart heart;
  private final Fleet fleet;
  private final Roster roster;
  private final Leases leases;
  private final Consumer<LeaseEvent> events;
  private final Map<ShardKey, Taking> takings = new TreeMap<>(ShardKeys.ORDER);

  private long changes;

  private static final class Taking {
    final ShardKey shard;
    final Incarnation from;
    @Nullable Shard told;
    boolean ready;

    Taking(ShardKey shard, Incarnation from) {
      this.shard = shard;
      this.from = from;
    }
  }

  Takes(
      Desk desk,
      Heart heart,
      Fleet fleet,
      Roster roster,
      Leases leases,
      Consumer<LeaseEvent> events) {
    this.desk = desk;
    this.heart = heart;
    this.fleet = fleet;
    this.roster = roster;
    this.leases = leases;
    this.events = events;
  }

  /** Rises whenever something is to be taken, or no more. */
  long changes() {
    return changes;
  }

  boolean has(ShardKey shard) {
    return takings.containsKey(shard);
  }

  boolean any() {
    return !takings.isEmpty();
  }

  Set<ShardKey> readyShards() {
    var ready = new HashSet<ShardKey>();
    takings.values().stream().filter(t -> t.ready).forEach(t -> ready.add(t.shard));
    return ready;
  }

  void consider() {
    for (var taking : List.copyOf(takings.values())) {
      if (!taking.ready && taking.told != null && !offered(taking)) {
        drop(taking, "the offer was withdrawn");
      }
    }
    if (heart.state() != State.ACTIVE || !heart.validAt(desk.now())) {
      return;
    }
    fleet
        .offered()
        .forEach(
            (shard, giver) -> {
              // While streams are added or left, others may not know yet that it is none of ours.
              boolean ours = roster.reads(shard.stream());
              if (ours && !heart.awake()) {
                heart.wake(); // It is prepared for when others know.
              } else if (ours && !has(shard) && !leases.has(shard)) {
                prepare(new Taking(shard, giver));
              }
            });
  }

  private boolean offered(Taking taking) {
    var giver = fleet.view().item(taking.from);
    var book = fleet.book(taking.from);
    return giver != null
        && !giver.state().gone()
        && book != null
        && desk.self().equals(book.offers().get(taking.shard));
  }

  private void prepare(Taking taking) {
    takings.put(taking.shard, taking);
    changes++;
    desk.read(
        () -> desk.table.lease(desk.application, taking.shard),
        found -> {
          if (found.isPresent() && taking.from.equals(found.get().item().owner())) {
            taking.told = roster.describe(found.get().item());
            events.accept(new LeaseEvent.Offered(taking.shard, taking.told));
          } else {
            remove(taking);
          }
        },
        failure -> remove(taking)); // the next look at the book asks again
  }

  /** The worker can take the shard without delay. */
  void ready(ShardKey shard) {
    var taking = takings.get(shard);
    if (taking != null && taking.told != null && !taking.ready) {
      taking.ready = true;
      leases.writeBook(() -> look(taking));
    }
  }

  /**
   * Looks whether the row names us. An offer leaves the giver's book after the row was written, so
   * a row read after the offer was seen gone is the last word.
   */
  private void look(Taking taking) {
    if (takings.get(taking.shard) != taking) {
      return;
    }
    boolean stillOffered = offered(taking);
    desk.readUntilAnswered(
        () -> desk.table.lease(desk.application, taking.shard),
        found -> {
          var owner = found.map(row -> row.item().owner()).orElse(null);
          if (desk.self().equals(owner)) {
            acknowledge(taking, found.orElseThrow());
          } else if (taking.from.equals(owner) && stillOffered) {
            desk.after(LeaseSettings.ROW_LOOK, () -> look(taking));
          } else {
            drop(taking, "the offer was withdrawn");
          }
        },
        // Should it name us once it is mended, it is claimed like any other.
        edited -> drop(taking, String.valueOf(edited.getMessage())));
  }

  /** The giver may be taking it back at this moment: one of the two writes fails. */
  private void acknowledge(Taking taking, Stored<LeaseRow> row) {
    desk.update(
        row,
        row.item().acknowledged(),
        written -> {
          if (written instanceof Written.Applied<LeaseRow> applied) {
            remove(taking);
            leases.taken(applied.now());
          } else {
            look(taking);
          }
        });
  }

  private boolean remove(Taking taking) {
    changes++;
    return takings.remove(taking.shard, taking);
  }

  private void drop(Taking taking, String reason) {
    if (remove(taking)) {
      if (taking.told != null) {
        events.accept(new LeaseEvent.Lost(taking.shard, reason));
      }
      if (taking.ready) {
        leases.writeBook(() -> {});
      }
    }
  }

  void loseAll(String reason) {
    for (var taking : List.copyOf(takings.values())) {
      remove(taking);
      if (taking.told != null) {
        events.accept(new LeaseEvent.Lost(taking.shard, reason));
      }
    }
  }

  /** This worker leaves: what it has not been given yet it does not want any more. */
  void dropUnready() {
    for (var taking : List.copyOf(takings.values())) {
      if (!taking.ready) {
        drop(taking, "this worker leaves");
      }
    }
  }
}
