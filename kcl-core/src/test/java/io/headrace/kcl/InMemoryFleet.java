package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Coordinators that share their leases in memory, for engine tests: free shards go to a member at
 * random, epochs rise with each owner, and the test decides who loses what and when. On the loop
 * only.
 */
public final class InMemoryFleet {
  /** How long the shards of a killed member stay unowned. */
  public static final Duration LEASE_TIME = Duration.ofSeconds(2);

  private static final Duration ASSIGN_EVERY = Duration.ofMillis(20);

  private final EventLoop loop;
  private final RandomGenerator random;
  private final Map<ShardKey, Lease> leases = new LinkedHashMap<>();
  private final List<Member> members = new ArrayList<>();
  private final List<String> log = new ArrayList<>();
  private boolean assigning = true;

  public InMemoryFleet(EventLoop loop, RandomGenerator random) {
    this.loop = loop;
    this.random = random;
    loop.execute(this::assign);
  }

  /** Makes the shards of a stream that have no parents runnable. */
  public void serve(InMemoryStream stream) {
    for (var shard : stream.shardsNow()) {
      if (shard.parents().isEmpty()) {
        runnable(new ShardKey(stream.id(), shard.id()), shard);
      }
    }
  }

  public Member member(String name) {
    var member = new Member(new Incarnation(name, "life-" + members.size()));
    members.add(member);
    return member;
  }

  /** Asks the owner for the shard, for balance only. */
  public void wantIfItCanWait(ShardKey key) {
    var owner = leases.get(key).owner;
    if (owner != null) {
      owner.tell(new LeaseEvent.Wanted(key, true));
    }
  }

  /** What coordinators were told, in order. */
  public List<String> log() {
    return log;
  }

  /** Whether free shards find owners by themselves. */
  public void assigning(boolean now) {
    assigning = now;
  }

  /** The shards that are owned. */
  public List<ShardKey> owned() {
    return leases.values().stream().filter(l -> l.owner != null).map(l -> l.key).toList();
  }

  /** Whether every shard that was ever runnable is ended. */
  public boolean allEnded() {
    return leases.values().stream().allMatch(lease -> lease.ended);
  }

  /** Takes the shard from its owner without asking; another owner may come at once. */
  public void lose(ShardKey key) {
    var lease = leases.get(key);
    if (lease.owner != null) {
      var owner = lease.owner;
      free(lease);
      owner.tell(new LeaseEvent.Lost(key, "lost by the test"));
    }
  }

  /** The same, but the owner hears of it only after a while, or before it gains the shard anew. */
  public void loseSilently(ShardKey key, Duration heardAfter) {
    var lease = leases.get(key);
    if (lease.owner != null) {
      var owner = lease.owner;
      free(lease);
      var heard = new boolean[1];
      Runnable tell =
          () -> {
            if (!heard[0]) {
              heard[0] = true;
              owner.tell(new LeaseEvent.Lost(key, "lost by the test"));
            }
          };
      owner.unheard.merge(key, tell, (a, b) -> b);
      loop.schedule(heardAfter, tell);
    }
  }

  /** The owner's clock no longer vouches for the lease, or does again. */
  public void doubt(ShardKey key, boolean doubtful) {
    leases.get(key).doubtful = doubtful;
  }

  /** Asks the owner to hand the shard over. */
  public void want(ShardKey key) {
    var lease = leases.get(key);
    if (lease.owner != null) {
      lease.owner.tell(new LeaseEvent.Wanted(key, false));
    }
  }

  /** Gives a free shard to a member. */
  public void give(ShardKey key, Member member) {
    var lease = leases.get(key);
    if (lease.owner != null || lease.ended) {
      throw new IllegalStateException(key + " is not free");
    }
    lease.owner = member;
    lease.epoch++;
    lease.doubtful = false;
    var tenure = new LeaseTenure(lease, new LeaseToken(member.incarnation, lease.epoch));
    var unheard = member.unheard.remove(key);
    if (unheard != null) {
      unheard.run();
    }
    member.tell(new LeaseEvent.Gained(key, lease.shard, tenure));
  }

  private void runnable(ShardKey key, Shard shard) {
    leases.computeIfAbsent(key, absent -> new Lease(key, shard));
  }

  private void free(Lease lease) {
    lease.owner = null;
    lease.tenures++;
  }

  private void assign() {
    var active = members.stream().filter(member -> member.active).toList();
    if (assigning && !active.isEmpty()) {
      for (var lease : List.copyOf(leases.values())) {
        if (lease.owner == null && !lease.ended) {
          give(lease.key, active.get(random.nextInt(active.size())));
        }
      }
    }
    loop.schedule(ASSIGN_EVERY, this::assign);
  }

  private static final class Lease {
    final ShardKey key;
    final Shard shard;
    Member owner;
    long epoch;
    long tenures;
    boolean doubtful;
    boolean ended;

    Lease(ShardKey key, Shard shard) {
      this.key = key;
      this.shard = shard;
    }
  }

  private static final class LeaseTenure implements Tenure {
    private final Lease lease;
    private final LeaseToken token;
    private final long number;

    LeaseTenure(Lease lease, LeaseToken token) {
      this.lease = lease;
      this.token = token;
      number = lease.tenures;
    }

    @Override
    public LeaseToken token() {
      return token;
    }

    @Override
    public boolean validAt(long ticks) {
      return lease.tenures == number && !lease.doubtful;
    }
  }

  /** One worker's coordinator. */
  public final class Member implements LeaseCoordinator {
    private final Incarnation incarnation;
    private final Set<ShardKey> announced = new HashSet<>();
    private final Map<ShardKey, Runnable> unheard = new HashMap<>();
    private Consumer<LeaseEvent> events = event -> {};
    private boolean active;
    private boolean dead;
    private boolean farewellHangs;
    private final Queue<LeaseEvent> news = new ArrayDeque<>();
    private Duration newsTake = Duration.ZERO;
    private Duration takersNeed = Duration.ZERO;
    private Map<ShardKey, Long> throughput = Map.of();

    Member(Incarnation incarnation) {
      this.incarnation = incarnation;
    }

    /** From now on {@link #stop} never answers. */
    public void farewellHangs() {
      farewellHangs = true;
    }

    /**
     * How long it takes until somebody is ready for what this member leaves; at once if not set.
     */
    public void takersNeed(Duration time) {
      takersNeed = time;
    }

    /** How long events are on their way from now on; they still come in order. */
    public void newsTake(Duration time) {
      newsTake = time;
    }

    public List<ShardKey> held() {
      return leases.values().stream().filter(l -> l.owner == this).map(l -> l.key).toList();
    }

    void tell(LeaseEvent event) {
      if (!dead) {
        news.add(event);
        loop.schedule(newsTake, () -> events.accept(news.remove()));
      }
    }

    @Override
    public CompletionStage<Void> start(Consumer<LeaseEvent> to, Consumer<Runnable> turned) {
      events = to;
      var registered = new CompletableFuture<Void>();
      // Registered once the worker loop has answered a ping.
      turned.accept(
          () -> {
            active = !dead;
            registered.complete(null);
          });
      return registered;
    }

    @Override
    public void ready(ShardKey shard) {
      log.add("ready " + shard.shard());
    }

    @Override
    public void runnable(ShardKey parent, List<Shard> children) {
      log.add("runnable " + parent.shard());
      announced.add(parent);
      children.forEach(
          child -> InMemoryFleet.this.runnable(new ShardKey(parent.stream(), child.id()), child));
    }

    @Override
    public void ended(ShardKey shard, LeaseToken token) {
      log.add("ended " + shard.shard());
      if (!announced.contains(shard)) {
        throw new IllegalStateException(shard + " ended without its children being runnable");
      }
      var lease = leases.get(shard);
      if (lease.owner == this && lease.epoch == token.epoch()) {
        free(lease);
        lease.ended = true;
      }
    }

    @Override
    public void release(ShardKey shard, LeaseToken token) {
      log.add("release " + shard.shard());
      freeIfMine(shard, token);
    }

    @Override
    public void keep(ShardKey shard, LeaseToken token) {
      log.add("keep " + shard.shard());
    }

    @Override
    public void throughput(Map<ShardKey, Long> bytesPerSecond) {
      throughput = Map.copyOf(bytesPerSecond);
    }

    /** What the worker told last. */
    public Map<ShardKey, Long> throughput() {
      return throughput;
    }

    @Override
    public void restart(ShardKey shard, LeaseToken token, String reason) {
      log.add("restart " + shard.shard() + ": " + reason);
      freeIfMine(shard, token);
      if (leases.get(shard).owner == null) {
        give(shard, this);
      }
    }

    @Override
    public void giveUp(ShardKey shard, LeaseToken token, String reason) {
      log.add("giveUp " + shard.shard() + ": " + reason);
      freeIfMine(shard, token);
    }

    @Override
    public void draining() {
      active = false;
      log.add("draining");
      loop.schedule(
          takersNeed, () -> held().forEach(shard -> tell(new LeaseEvent.Wanted(shard, false))));
    }

    @Override
    public CompletionStage<Void> stop() {
      active = false;
      log.add("stop");
      if (farewellHangs) {
        return new CompletableFuture<>();
      }
      held().forEach(shard -> free(leases.get(shard)));
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void kill() {
      active = false;
      dead = true;
      var orphans = leases.values().stream().filter(l -> l.owner == this).toList();
      loop.schedule(
          LEASE_TIME,
          () -> orphans.stream().filter(l -> l.owner == this).forEach(InMemoryFleet.this::free));
    }

    private void freeIfMine(ShardKey shard, LeaseToken token) {
      var lease = leases.get(shard);
      if (lease != null && lease.owner == this && lease.epoch == token.epoch()) {
        free(lease);
      }
    }
  }
}
