package io.headrace.function;

import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.LeaseException;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.Notice;
import io.headrace.lease.Stored;
import io.headrace.lease.Written;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What an operator does to the functions of an application, whether its workers run or not: each
 * deed is recorded as an {@link Order} with who, when and why, and the fleet is told. Any thread
 * may call; stages complete on any thread. They fail with {@link IllegalArgumentException} when
 * what is asked for makes no sense, with {@link CheckpointException} or {@link LeaseException} when
 * the table can't be used.
 */
public final class Operations {
  private static final int RACES_MAX = 20;

  private final String application;
  private final List<FunctionSpec<?, ?>> specs;
  private final LeaseTable leases;
  private final OperatorStore store;
  private final EventLoop loop;
  private final String by;

  /** Write tokens begin with it: with an order's number behind it, nobody else has them. */
  private final String self;

  /**
   * What an order is about.
   *
   * @param function as its specification names it
   * @param shard a shard's id; with its stream and a slash before it where two streams have one of
   *     that id; empty for all
   * @param key a partition key; empty for all
   */
  public record Target(String function, Optional<String> shard, Optional<String> key) {
    public static Target of(String function) {
      return new Target(function, Optional.empty(), Optional.empty());
    }
  }

  /**
   * What became of a seek.
   *
   * @param ended shards that the function ended before it could be moved: its children have gone on
   *     from where it was
   */
  public record Sought(Order order, List<ShardKey> moved, List<ShardKey> ended) {
    public Sought {
      moved = List.copyOf(moved);
      ended = List.copyOf(ended);
    }
  }

  /**
   * Operations on one application.
   *
   * @param loop for the time of day
   * @param random drawn from here only
   * @param by who gives the orders
   */
  public Operations(
      String application,
      List<FunctionSpec<?, ?>> specs,
      LeaseTable leases,
      OperatorStore store,
      EventLoop loop,
      RandomGenerator random,
      String by) {
    this.application = application;
    this.specs = List.copyOf(specs);
    this.leases = leases;
    this.store = store;
    this.loop = loop;
    this.by = by;
    this.self = Entropy.name(random);
  }

  /**
   * Holds a function, in one shard or all, or one key of it. Runs drain and commit first; records
   * of a held key stay in order and are counted as in flight.
   */
  public CompletionStage<Order> pause(Target target, String reason) {
    var spec = spec(target);
    return shard(spec, target)
        .thenCompose(shard -> give(target, shard, new Order.Deed.Pause(), reason));
  }

  /** Ends pauses: all of the function, those of a shard, or those of a key. */
  public CompletionStage<Order> resume(Target target, String reason) {
    var spec = spec(target);
    return store
        .orders()
        .thenCompose(
            orders -> shard(spec, target).thenApply(shard -> checked(orders, target, shard)))
        .thenCompose(shard -> give(target, shard, new Order.Deed.Resume(), reason));
  }

  /** Refuses to resume what nobody paused: a misspelt key would seem to be resumed. */
  private static Optional<ShardKey> checked(
      Orders orders, Target target, Optional<ShardKey> shard) {
    var pauses =
        orders.pauses().stream().filter(p -> p.function().equals(target.function())).toList();
    boolean meant =
        pauses.stream()
            .filter(pause -> pause.key().equals(target.key()))
            .anyMatch(
                pause -> pause.shard().isEmpty() || shard.isEmpty() || pause.shard().equals(shard));
    if (!meant) {
      throw new IllegalArgumentException(
          "resume: nothing of that is paused" + (pauses.isEmpty() ? "" : "; paused is: " + pauses));
    }
    return shard;
  }

  /**
   * Passes over one record, or over all records of a key up to a position, in one shard. They count
   * as skipped and as nothing else.
   */
  public CompletionStage<Order> skip(Target target, Position position, String reason) {
    var spec = spec(target);
    if (target.shard().isEmpty()) {
      throw new IllegalArgumentException(
          "skip: name the shard; a position says something only within its shard");
    }
    return shard(spec, target)
        .thenCompose(shard -> give(target, shard, new Order.Deed.Skip(position), reason));
  }

  /**
   * Moves a function to another place, in one shard or in all that it has not ended. Whoever runs
   * it can commit no more from that moment, and begins again there with a higher fencing token;
   * state begins empty.
   *
   * <p>A function that has become another one, by its keys or windows, is moved in all shards, and
   * only while no worker is alive; from then on it is what its specification says.
   *
   * @param emptyState the caller knows that state is dropped; required for a function that has any
   */
  public CompletionStage<Sought> seek(
      Target target, StartingPosition to, boolean emptyState, String reason) {
    var spec = spec(target);
    if (spec.isStateful() && !emptyState) {
      throw new IllegalArgumentException(
          "seek of "
              + spec.name()
              + ": it keeps state, which belongs to the place where it is; say --state empty to"
              + " begin without, or --state snapshot:NAME to go back to a copy of it");
    }
    requireReadable(to, loop.now(), target.shard().isPresent());
    var reshaping = new Reshaping(application, leases, store.functions(), loop);
    return reshaping
        .before(spec, target.shard().isEmpty(), emptyState)
        .thenCompose(
            former ->
                seek(spec, target, to, reason)
                    .thenCompose(
                        sought ->
                            former.isEmpty()
                                ? CompletableFuture.completedFuture(sought)
                                : reshaping.after(spec, former.get()).thenApply(done -> sought)));
  }

  private CompletionStage<Sought> seek(
      FunctionSpec<?, ?> spec, Target target, StartingPosition to, String reason) {
    return shard(spec, target)
        .thenCompose(
            shard ->
                rows(spec)
                    .thenCompose(rows -> movable(spec, rows, shard))
                    .thenCompose(
                        keys ->
                            move(
                                target, shard, new Order.Deed.Seek(to), reason, keys, moveTo(to))));
  }

  /** Refuses a place from which the shards can't be read. */
  static void requireReadable(StartingPosition to, Instant now, boolean ofOneShard) {
    if (to instanceof StartingPosition.AtTimestamp at && at.time().isAfter(now)) {
      throw new IllegalArgumentException(
          "seek to " + at.time() + ": lies in the future, where no stream can be read; say LATEST");
    }
    if (to instanceof StartingPosition.After && !ofOneShard) {
      throw new IllegalArgumentException(
          "seek to a sequence number: name the shard; it says nothing in any other");
    }
  }

  /** How one item is moved by an order; false when it is not as it was found. */
  interface Mover {
    CompletionStage<Boolean> move(ProgressRow found, long order);
  }

  private Mover moveTo(StartingPosition to) {
    return (found, order) -> store.move(found, to, order);
  }

  OperatorStore store() {
    return store;
  }

  EventLoop loop() {
    return loop;
  }

  StatePlaces places() {
    return new StatePlaces(application, leases, store);
  }

  FunctionSpec<?, ?> spec(Target target) {
    return specs.stream()
        .filter(spec -> spec.name().equals(target.function()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "function "
                        + target.function()
                        + ": application "
                        + application
                        + " has "
                        + specs.stream().map(FunctionSpec::name).toList()));
  }

  CompletionStage<Optional<ShardKey>> shard(FunctionSpec<?, ?> spec, Target target) {
    if (target.shard().isEmpty()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    var wanted = target.shard().get();
    return rows(spec)
        .thenApply(
            rows -> {
              var meant =
                  rows.stream()
                      .map(row -> row.item().shard())
                      .filter(
                          shard ->
                              shard.shard().value().equals(wanted)
                                  || shard.key().equals(wanted)
                                  || (shard.stream().name() + "/" + shard.shard().value())
                                      .equals(wanted))
                      .toList();
              if (meant.size() == 1) {
                return Optional.of(meant.get(0));
              }
              throw new IllegalArgumentException(
                  "shard "
                      + wanted
                      + (meant.isEmpty()
                          ? ": there is no lease of that name; there are "
                              + rows.stream().map(row -> row.item().shard().key()).sorted().toList()
                          : ": is one of several streams; write one of "
                              + meant.stream().map(ShardKey::key).toList()));
            });
  }

  /** The leases of the streams that the function reads. */
  private CompletionStage<List<Stored<LeaseRow>>> rows(FunctionSpec<?, ?> spec) {
    var streams = spec.legs().stream().map(leg -> leg.source().name()).toList();
    var asked = new ArrayList<CompletableFuture<List<Stored<LeaseRow>>>>();
    for (int bucket = 0; bucket < ShardKey.BUCKETS; bucket++) {
      asked.add(
          leases
              .surveyLeases(application, bucket)
              .thenApply(survey -> survey.found())
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done ->
                asked.stream()
                    .flatMap(answer -> answer.join().stream())
                    .filter(row -> streams.contains(row.item().shard().stream().name()))
                    .toList());
  }

  /** The progress that can be moved; none is touched when one that is named can't be. */
  private CompletionStage<List<ProgressKey>> movable(
      FunctionSpec<?, ?> spec, List<Stored<LeaseRow>> rows, Optional<ShardKey> shard) {
    var keys = new ArrayList<ProgressKey>();
    CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
    for (var row : rows) {
      var lease = row.item();
      if (shard.isPresent() ? shard.get().equals(lease.shard()) : !lease.ended()) {
        all =
            all.thenCombine(
                new HeldProgress(store, spec, lease.shard()).found(),
                (done, found) -> {
                  var obstacle = obstacle(lease, found);
                  if (obstacle == null) {
                    keys.add(found.key());
                  } else if (shard.isPresent()) {
                    throw new IllegalArgumentException("seek of " + found.key() + ": " + obstacle);
                  }
                  return null;
                });
      }
    }
    return all.thenApply(
        done -> {
          if (keys.isEmpty()) {
            throw new IllegalArgumentException(
                "seek of "
                    + spec.name()
                    + ": there is no shard that it could be moved in; where it begins at first is"
                    + " said by its specification");
          }
          return keys;
        });
  }

  private static @Nullable String obstacle(LeaseRow lease, ProgressRow found) {
    if (found.item().flatMap(item -> item.children()).isPresent()) {
      return "the function has ended this shard, and what its children have stands on that";
    }
    boolean begun = found.item().flatMap(item -> item.parts()).isPresent();
    return begun || found.parents().keySet().containsAll(lease.parents())
        ? null
        : "the function has not ended the parents " + lease.parents() + ", and waits for them";
  }

  CompletionStage<Order> give(
      Target target, Optional<ShardKey> shard, Order.Deed deed, String reason) {
    return record(target, shard, deed, reason, RACES_MAX)
        .thenCompose(order -> notice(order.number(), RACES_MAX).thenApply(done -> order));
  }

  CompletionStage<Sought> move(
      Target target,
      Optional<ShardKey> shard,
      Order.Deed.Seek seek,
      String reason,
      List<ProgressKey> keys,
      Mover mover) {
    return record(target, shard, seek, reason, RACES_MAX)
        .thenCompose(
            order -> {
              var moved = new ArrayList<ShardKey>();
              var ended = new ArrayList<ShardKey>();
              CompletionStage<Void> all = CompletableFuture.completedFuture(null);
              for (var key : keys) {
                all =
                    all.thenCompose(done -> move(key, mover, order.number(), RACES_MAX))
                        .thenAccept(stands -> (stands ? moved : ended).add(key.shard()));
              }
              // Only now: who began anew before would have nothing to tell it of the move.
              return all.thenCompose(
                      done -> give(target, shard, new Order.Deed.Anew(), "order " + order.number()))
                  .thenApply(done -> new Sought(order, moved, ended));
            });
  }

  private CompletionStage<Order> record(
      Target target, Optional<ShardKey> shard, Order.Deed deed, String reason, int tries) {
    return store
        .orders()
        .thenCompose(
            orders -> {
              var now = loop.now();
              var spent = orders.spent(now);
              if (orders.given().size() - spent.size() >= Orders.ORDERS_MAX) {
                throw new IllegalArgumentException(
                    "there are " + orders.given().size() + " orders in force; end some first");
              }
              if (deed instanceof Order.Deed.Erase && orders.erasures(now) >= Orders.ERASURES_MAX) {
                throw new IllegalArgumentException(
                    "there are "
                        + orders.erasures(now)
                        + " orders to erase keys, each of which is kept for a year, so that it is"
                        + " obeyed by who goes back to a snapshot from before, too; export the"
                        + " state, and import it without the keys");
              }
              var order =
                  new Order(
                      orders.number() + 1,
                      target.function(),
                      shard,
                      target.key(),
                      deed,
                      by,
                      now,
                      reason);
              return store
                  .give(order)
                  .thenCompose(
                      given -> {
                        if (given) {
                          return store.forget(spent).thenApply(done -> order);
                        }
                        requireTries(tries, "order " + order.number());
                        return record(target, shard, deed, reason, tries - 1);
                      });
            });
  }

  /**
   * Moves one item.
   *
   * @return false when the function has ended the shard meanwhile
   */
  private CompletionStage<Boolean> move(ProgressKey key, Mover mover, long order, int tries) {
    return store
        .progress(key)
        .thenCompose(
            found -> {
              if (found.item().flatMap(item -> item.children()).isPresent()) {
                return CompletableFuture.completedFuture(false);
              }
              // A move whose answer was lost stands already.
              if (found.moved().filter(moved -> moved.order() >= order).isPresent()) {
                return CompletableFuture.completedFuture(true);
              }
              return mover
                  .move(found, order)
                  .thenCompose(
                      moved -> {
                        if (moved) {
                          return CompletableFuture.completedFuture(true);
                        }
                        requireTries(tries, "progress item " + key);
                        return move(key, mover, order, tries - 1);
                      });
            });
  }

  private static void requireTries(int tries, String what) {
    if (tries <= 1) {
      throw new CheckpointException(
          what + " is being written by others again and again: try again");
    }
  }

  /** Tells the fleet; a number that is known already needs no telling. */
  private CompletionStage<Void> notice(long number, int tries) {
    var next = new Notice(number);
    return leases
        .create(application, next, token(next, tries))
        .thenCompose(written -> settle(written, next, tries));
  }

  private String token(Notice next, int tries) {
    return self + "." + next.orders() + "." + tries;
  }

  private CompletionStage<Void> settle(Written<Notice> written, Notice next, int tries) {
    if (!(written instanceof Written.Refused<Notice> refused)) {
      return CompletableFuture.completedFuture(null);
    }
    var found = refused.found();
    if (found != null && found.item().orders() >= next.orders()) {
      return CompletableFuture.completedFuture(null);
    }
    requireTries(tries, "the notice of orders");
    var token = token(next, tries - 1);
    return (found == null
            ? leases.create(application, next, token)
            : leases.update(application, found, next, token))
        .thenCompose(answer -> settle(answer, next, tries - 1));
  }
}
