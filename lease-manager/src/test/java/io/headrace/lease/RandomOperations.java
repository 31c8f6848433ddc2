package io.headrace.lease;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/** A random course of operations on few keys, told as a list of answers. */
public final class RandomOperations {
  private static final StreamId STREAM = new StreamId("s", Instant.EPOCH);

  private final LeaseTable table;
  private final RandomGenerator random;
  private final List<Stored<? extends LeaseItem>> seen = new ArrayList<>();
  private int tokens;

  private RandomOperations(LeaseTable table, long seed) {
    this.table = table;
    this.random = new SplittableRandom(seed);
  }

  public static List<String> run(LeaseTable table, long seed, int operations) {
    LeaseTableContract.await(table.prepare());
    var course = new RandomOperations(table, seed);
    var answers = new ArrayList<String>();
    for (int i = 0; i < operations; i++) {
      answers.add(course.step());
    }
    return answers;
  }

  private String step() {
    return switch (random.nextInt(10)) {
      case 0, 1 -> written(table.create("app", item(), token()));
      case 2, 3, 4 -> seen.isEmpty() ? "nothing" : update(seen.get(random.nextInt(seen.size())));
      case 5 -> sorted(LeaseTableContract.await(table.workers("app")));
      case 7 -> seen.isEmpty() ? "nothing" : deleted(seen.get(random.nextInt(seen.size())));
      case 8 -> LeaseTableContract.await(table.application("app")).toString();
      case 6 -> sorted(LeaseTableContract.await(table.roster("app", STREAM)));
      default ->
          LeaseTableContract.await(table.lease("app", shard()))
              + " "
              + LeaseTableContract.await(table.worker("app", who().workerId()))
              + " "
              + LeaseTableContract.await(table.book("app", who().workerId()))
              + " "
              + sorted(LeaseTableContract.await(table.leases("app", shard().bucket())));
    };
  }

  private <T extends LeaseItem> String deleted(Stored<T> old) {
    return "deleted: " + LeaseTableContract.await(table.delete("app", ofAnotherCreation(old)));
  }

  private static String sorted(List<?> items) {
    return items.stream()
        .map(Object::toString)
        .sorted(Comparator.naturalOrder())
        .toList()
        .toString();
  }

  @SuppressWarnings("unchecked") // a stored worker item is just that
  private <T extends LeaseItem> String update(Stored<T> old) {
    if (old.item() instanceof WorkerItem worker && random.nextBoolean()) {
      var states = WorkerItem.State.values();
      // Mostly alive: of the dead nothing more can be learned.
      var state = random.nextInt(3) > 0 ? living() : states[random.nextInt(states.length)];
      var next = worker.publishing(state, random.nextInt(9), 0, 0);
      long revision = old.revision() + random.nextInt(4) - 1;
      return written(
          table.beat(
              "app",
              (Stored<WorkerItem>) ofAnotherCreation(old),
              random.nextInt(3) == 0 ? inAnotherLife(next) : next,
              Math.max(1, revision),
              token()));
    }
    return written(table.update("app", ofAnotherCreation(old), changed(old.item()), token()));
  }

  /** Now and then an item as it was before it was deleted and made again. */
  private <T extends LeaseItem> Stored<T> ofAnotherCreation(Stored<T> old) {
    return random.nextInt(8) == 0
        ? new Stored<>(old.item(), "another", old.revision(), old.writeToken())
        : old;
  }

  private WorkerItem.State living() {
    return random.nextBoolean() ? WorkerItem.State.ACTIVE : WorkerItem.State.DRAINING;
  }

  private WorkerItem inAnotherLife(WorkerItem worker) {
    var life = new Incarnation(worker.incarnation().workerId(), "" + random.nextInt(2));
    return WorkerItem.starting(life, worker.leaseTime());
  }

  private <T extends LeaseItem> String written(
      java.util.concurrent.CompletionStage<Written<T>> write) {
    var answer = LeaseTableContract.await(write);
    if (answer instanceof Written.Applied<T> applied) {
      seen.add(applied.now());
    } else if (answer instanceof Written.Refused<T> refused && refused.found() != null) {
      seen.add(refused.found());
    }
    return answer.toString();
  }

  /** Sometimes one that was used before, as when a write is sent again. */
  private String token() {
    return "t" + (random.nextInt(4) == 0 ? random.nextInt(tokens + 1) : tokens++);
  }

  private Incarnation who() {
    return new Incarnation("w" + random.nextInt(2), "" + random.nextInt(2));
  }

  private ShardKey shard() {
    return new ShardKey(STREAM, new ShardId("shard" + random.nextInt(2)));
  }

  private LeaseItem item() {
    return switch (random.nextInt(7)) {
      case 4 -> application();
      // More than others: only they have two ways of being written.
      case 0, 5, 6 -> WorkerItem.starting(who(), Duration.ofMillis(1 + random.nextInt(9)));
      case 1 -> book(who());
      case 2 -> part(random.nextInt(2));
      default -> {
        var shard = shard();
        var parents = Set.of(new ShardId("parent"));
        yield LeaseRow.free(
            shard,
            new Shard(shard.shard(), List.copyOf(parents), HashRange.ALL),
            random.nextInt(5),
            parents,
            random.nextBoolean() ? parents : Set.of());
      }
    };
  }

  private ApplicationItem application() {
    return new ApplicationItem(new TreeSet<>(Set.of("stream" + random.nextInt(3))), who());
  }

  private Book book(Incarnation owner) {
    return new Book(
        owner,
        TestItems.profile(1 << random.nextInt(3), random.nextBoolean() ? "v1" : ""),
        random.nextBoolean() ? Set.of(shard()) : Set.of(),
        random.nextBoolean() ? Map.of(shard(), who()) : Map.of(),
        random.nextBoolean() ? Set.of(shard()) : Set.of(),
        random.nextBoolean() ? Map.of(shard(), 2 << random.nextInt(3)) : Map.of());
  }

  private RosterPart part(int number) {
    var shards = new TreeMap<ShardId, RosterPart.Standing>();
    for (int i = random.nextInt(4); i > 0; i--) {
      var standings = RosterPart.Standing.values();
      shards.put(shard().shard(), standings[random.nextInt(standings.length)]);
    }
    return new RosterPart(STREAM, number, shards);
  }

  @SuppressWarnings("unchecked") // each case answers the kind that came in
  private <T extends LeaseItem> T changed(T item) {
    LeaseItem next;
    if (item instanceof WorkerItem worker) {
      next =
          random.nextBoolean()
              ? worker.publishing(living(), random.nextInt(9), 0, random.nextInt())
              : worker.buried(List.of(who()));
    } else if (item instanceof ApplicationItem) {
      next = application();
    } else if (item instanceof Book old) {
      next = book(old.owner());
    } else if (item instanceof RosterPart part) {
      next = part(part.part());
    } else {
      var row = (LeaseRow) item;
      next =
          switch (random.nextInt(5)) {
            case 0 -> row.ended() ? row.released(null) : row.ownedBy(who());
            case 1 -> row.ended() ? row.released(who()) : row.handedTo(who(), who());
            case 2 -> row.released(random.nextBoolean() ? who() : null);
            case 3 -> row.asEnded();
            default -> row.awaiting(Set.copyOf(row.parents()), random.nextInt(9));
          };
    }
    return (T) next;
  }
}
