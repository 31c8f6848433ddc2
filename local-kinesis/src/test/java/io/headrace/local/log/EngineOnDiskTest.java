package io.headrace.local.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.headrace.local.VirtualClock;
import io.headrace.local.engine.Caller;
import io.headrace.local.engine.ConsumerArn;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.EngineSettings;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.Labels;
import io.headrace.local.engine.LimitScale;
import io.headrace.local.engine.PutEntry;
import io.headrace.local.engine.PutOutcome;
import io.headrace.local.engine.RecordsRead;
import io.headrace.local.engine.Resource;
import io.headrace.local.engine.ShardFilter;
import io.headrace.local.engine.ShardView;
import io.headrace.local.engine.StartFrom;
import io.headrace.local.engine.StreamKey;
import io.headrace.local.engine.StreamMode;
import io.headrace.local.store.JsonStateFormat;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whole streams on a disk that fails at any change, or on which the process dies at any change. */
class EngineOnDiskTest {
  private static final Path FOLDER = Path.of("/data").toAbsolutePath();
  private static final DiskSettings SMALL = new DiskSettings(400, Duration.ofHours(1), 4);
  private static final Caller CALLER = new Caller("000000000000", "us-east-1");
  private static final StreamKey ORDERS = key("orders");
  private static final StreamKey OTHER = key("Other");
  private static final String FIRST = "shardId-000000000000";

  private interface Step {
    void run(Engine engine);
  }

  private final VirtualClock clock = new VirtualClock();
  private SimulatedDisk disk = new SimulatedDisk();

  @Test
  void
      at_whichever_change_the_process_dies_what_was_answered_is_there_and_at_most_one_thing_more() {
    List<String> views = new ArrayList<>();
    Engine whole = open(Duration.ZERO);
    for (Step step : steps()) {
      views.add(view(whole));
      step.run(whole);
    }
    views.add(view(whole));
    int changes = disk.changes();
    assertThat(changes).isGreaterThan(60);

    for (int last = 0; last < changes; last++) {
      disk = new SimulatedDisk();
      disk.dieAt(last);
      int answered = answered();
      disk = disk.afterDeath();
      Engine again = open(Duration.ZERO);
      assertThat(view(again))
          .as("died at change %s, in step %s", last, answered)
          .isIn(views.get(answered), views.get(Math.min(answered + 1, views.size() - 1)));
      again.createStream(key("after"), StreamMode.PROVISIONED, 1);
      put(again, key("after"), "goes on");
    }
  }

  @Test
  void whichever_change_fails_what_a_server_tells_and_what_the_next_one_finds_are_the_same() {
    whicheverChangeFails(Duration.ZERO);
  }

  @Test
  void the_same_when_changes_take_their_time() {
    whicheverChangeFails(Duration.ofMillis(500));
  }

  @Test
  void a_change_of_a_consumer_that_is_taken_back_leaves_its_subscription_in_its_place() {
    Engine engine = open(Duration.ZERO);
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    ConsumerArn arn = engine.fanOut().register(ORDERS, "fast", Labels.NONE).arn();
    var unused = engine.fanOut().subscribe(arn, FIRST, new StartFrom.Latest());
    disk.bytesMax(0);
    assertRefused(() -> engine.addTags(new Resource.OfConsumer(arn), Map.of("a", "b")));

    assertThat(engine.tags(new Resource.OfConsumer(arn))).isEmpty();
    assertThat(catchThrowable(() -> engine.fanOut().subscribe(arn, FIRST, new StartFrom.Latest())))
        .isInstanceOfSatisfying(
            KinesisError.class, e -> assertThat(e.code()).isEqualTo("ResourceInUseException"));
    assertThat(engine.totals().subscriptions()).isEqualTo(1);
  }

  @Test
  void a_full_disk_refuses_changes_leaves_reads_and_has_room_again_later() {
    Engine engine = open(Duration.ZERO);
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    put(engine, ORDERS, "one");
    String before = view(engine);
    disk.bytesMax(0);

    assertRefused(() -> put(engine, ORDERS, "two"));
    assertRefused(() -> engine.splitShard(ORDERS, FIRST, "1000"));
    assertRefused(() -> engine.addTags(new Resource.OfStream(ORDERS), Map.of("a", "b")));
    assertRefused(() -> engine.createStream(OTHER, StreamMode.PROVISIONED, 1));
    assertRefused(() -> engine.fanOut().register(ORDERS, "fast", Labels.NONE));
    assertThat(view(engine)).isEqualTo(before);

    disk.bytesMax(Long.MAX_VALUE);
    put(engine, ORDERS, "three");
    engine.splitShard(ORDERS, FIRST, "1000");
    engine.createStream(OTHER, StreamMode.PROVISIONED, 1);
    String after = view(engine);
    disk = disk.afterDeath();
    assertThat(view(open(Duration.ZERO))).isEqualTo(after);
  }

  @Test
  void a_change_that_came_due_on_a_full_disk_is_made_when_there_is_room() {
    Engine engine = open(Duration.ofSeconds(1));
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    clock.advance(Duration.ofSeconds(1));
    engine.splitShard(ORDERS, FIRST, "1000");
    disk.bytesMax(0);
    clock.advance(Duration.ofSeconds(5));

    assertThat(engine.describe(ORDERS).status()).hasToString("UPDATING");
    assertThat(engine.describe(ORDERS).openShards()).isEqualTo(1);

    disk.bytesMax(Long.MAX_VALUE);
    clock.advance(Duration.ofSeconds(2));
    assertThat(engine.describe(ORDERS).status()).hasToString("ACTIVE");
    assertThat(engine.describe(ORDERS).openShards()).isEqualTo(2);
  }

  @Test
  void a_folder_that_may_not_be_written_is_refused_in_one_sentence() {
    disk.failWith(() -> new AccessDeniedException("/data/lock"));
    disk.failAt(1);

    assertThat(catchThrowable(() -> open(Duration.ZERO)))
        .isInstanceOf(LogFailure.class)
        .hasMessage(
            FOLDER
                + " may not be written: make it writable for this process, or choose another"
                + " folder.");
  }

  @Test
  void answers_wait_for_the_disk_only_where_they_are_asked_to_and_hear_when_it_failed() {
    List<Runnable> rounds = new ArrayList<>();
    DiskStore store =
        DiskStore.open(FOLDER, Long.MAX_VALUE, SyncPolicy.ALWAYS, rounds::add, disk, SMALL);
    Engine engine = engine(store, Duration.ZERO);
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    put(engine, ORDERS, "one");
    put(engine, ORDERS, "two");
    var safe = engine.safe();
    assertThat(rounds).hasSize(1);
    assertThat(safe).isNotNull();
    assertThat(safe.toCompletableFuture()).isNotDone();

    rounds.remove(0).run();
    assertThat(safe.toCompletableFuture()).isCompleted();
    assertThat(engine.safe()).isNull();

    put(engine, ORDERS, "three");
    var lost = engine.safe();
    disk.failAt(disk.changes());
    rounds.remove(0).run();
    assertThat(lost.toCompletableFuture()).isCompletedExceptionally();
  }

  private void whicheverChangeFails(Duration takes) {
    disk = new SimulatedDisk();
    Engine whole = open(takes);
    steps().forEach(step -> take(whole, step));
    int changes = disk.changes();

    for (int failing = 0; failing < changes; failing++) {
      disk = new SimulatedDisk();
      disk.failAt(failing);
      Engine engine;
      try {
        engine = open(takes);
      } catch (LogFailure failure) {
        continue;
      }
      for (Step step : steps()) {
        String before = view(engine);
        if (!take(engine, step) && takes.isZero()) {
          assertThat(view(engine)).as("change %s failed", failing).isEqualTo(before);
        }
      }
      clock.advance(Duration.ofSeconds(3));
      String told = view(engine);
      disk = disk.afterDeath();
      assertThat(view(open(takes))).as("change %s failed", failing).isEqualTo(told);
    }
  }

  private List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    steps.add(engine -> engine.createStream(ORDERS, StreamMode.PROVISIONED, 2));
    steps.add(engine -> put(engine, ORDERS, "first"));
    steps.add(engine -> put(engine, ORDERS, "second " + "x".repeat(300)));
    steps.add(engine -> put(engine, ORDERS, "third " + "x".repeat(300)));
    steps.add(engine -> engine.addTags(new Resource.OfStream(ORDERS), Map.of("a", "1")));
    steps.add(engine -> engine.splitShard(ORDERS, FIRST, "1000"));
    steps.add(engine -> put(engine, ORDERS, "after the split"));
    steps.add(engine -> engine.fanOut().register(ORDERS, "fast", Labels.NONE));
    steps.add(engine -> engine.createStream(OTHER, StreamMode.ON_DEMAND, 4));
    steps.add(engine -> put(engine, OTHER, "in the other"));
    steps.add(engine -> engine.increaseRetention(ORDERS, 48));
    steps.add(engine -> engine.mergeShards(ORDERS, "shardId-000000000002", "shardId-000000000003"));
    steps.add(engine -> put(engine, ORDERS, "after the merge"));
    steps.add(engine -> engine.capacity().updateShardCount(ORDERS, 3));
    steps.add(engine -> put(engine, ORDERS, "after the scaling"));
    steps.add(engine -> engine.capacity().updateRecordSize(ORDERS, 2048));
    steps.add(engine -> engine.putPolicy(new Resource.OfStream(ORDERS), "{}"));
    steps.add(engine -> engine.capacity().updateMode(ORDERS, StreamMode.ON_DEMAND, null));
    steps.add(engine -> engine.startEncryption(ORDERS, "KMS", "alias/key"));
    steps.add(engine -> put(engine, ORDERS, "encrypted"));
    steps.add(engine -> engine.deleteStream(OTHER, true));
    steps.add(engine -> put(engine, ORDERS, "last"));
    return steps;
  }

  /** Runs steps until one is not answered well; how many were. */
  private int answered() {
    int answered = 0;
    try {
      Engine engine = open(Duration.ZERO);
      for (Step step : steps()) {
        step.run(engine);
        answered++;
      }
    } catch (KinesisError | LogFailure dead) {
      assertThat(dead).hasMessageContaining("/data");
    }
    return answered;
  }

  private boolean take(Engine engine, Step step) {
    boolean isTaken = true;
    try {
      step.run(engine);
    } catch (KinesisError refused) {
      isTaken = false;
    }
    if (engine.hasStream(ORDERS)) {
      clock.advance(Duration.ofMillis(600));
    }
    return isTaken;
  }

  private Engine open(Duration takes) {
    return engine(
        DiskStore.open(FOLDER, Long.MAX_VALUE, SyncPolicy.EVERY_SECOND, Runnable::run, disk, SMALL),
        takes);
  }

  private Engine engine(DiskStore store, Duration takes) {
    EngineSettings settings = new EngineSettings(1 << 20, 100, takes, LimitScale.OFF);
    return new Engine(clock, settings, store, new JsonStateFormat());
  }

  private static void assertRefused(Runnable call) {
    assertThat(catchThrowable(call::run))
        .isInstanceOf(KinesisError.class)
        .hasMessageContaining("The disk is full")
        .hasMessageContaining("/data");
  }

  private static void put(Engine engine, StreamKey stream, String text) {
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    PutOutcome outcome = engine.put(stream, List.of(PutEntry.of("key", "5", data))).get(0);
    if (outcome instanceof PutOutcome.Refused refused) {
      throw KinesisError.of(refused.code(), refused.message());
    }
  }

  /** All that clients can see, as text. */
  private static String view(Engine engine) {
    Map<String, Object> seen = new TreeMap<>();
    engine
        .listStreams(CALLER, "", 100)
        .streams()
        .forEach(stream -> seen.put(stream.key().name(), view(engine, stream.key())));
    return seen.toString().replace(", ", ",\n");
  }

  private static List<Object> view(Engine engine, StreamKey stream) {
    List<Object> seen = new ArrayList<>();
    seen.add(engine.describe(stream));
    seen.add(engine.tags(new Resource.OfStream(stream)));
    seen.add(String.valueOf(engine.policy(new Resource.OfStream(stream))));
    seen.add(engine.fanOut().list(stream, null, 10));
    for (ShardView shard :
        engine.listShards(stream, new ShardFilter.FromTrimHorizon(), -1, 100).shards()) {
      seen.add(shard);
      if (engine.describe(stream).status().toString().equals("ACTIVE")) {
        seen.add(records(engine, stream, shard.id()));
      }
    }
    return seen;
  }

  private static List<String> records(Engine engine, StreamKey stream, String shardId) {
    String iterator = engine.shardIterator(stream, shardId, new StartFrom.TrimHorizon());
    RecordsRead read = engine.read(CALLER, iterator, 100);
    return read.records().stream()
        .map(record -> record.isEncrypted() + " " + record.arrivalMillis() + " " + text(record))
        .toList();
  }

  private static String text(StoredRecord record) {
    return new String(record.data(), StandardCharsets.UTF_8);
  }

  private static StreamKey key(String name) {
    return new StreamKey(CALLER.account(), CALLER.region(), name);
  }
}
