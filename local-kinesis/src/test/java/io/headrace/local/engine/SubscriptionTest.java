package io.headrace.local.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.headrace.local.VirtualClock;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each rule of a subscription, in virtual time. */
class SubscriptionTest {
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final String HALF = BigInteger.ONE.shiftLeft(127).toString();
  private static final String SHARD = Shard.id(0);
  private static final StartFrom OLDEST = new StartFrom.TrimHorizon();
  private static final StartFrom LATEST = new StartFrom.Latest();
  private static final long EVENT_BYTES = 1 << 20;
  private static final int MIB = 1 << 20;

  private final VirtualClock clock = new VirtualClock();
  private Engine engine = engine(Duration.ZERO, LimitScale.OFF);
  private ConsumerArn app = create();
  private @Nullable Subscription last;

  @Test
  void the_first_event_comes_at_once_even_without_a_record() {
    Subscription subscription = subscribe(LATEST);

    Pushed.Event event = event(subscription);
    assertThat(event.records()).isEmpty();
    assertThat(event.millisBehindLatest()).isZero();
    assertThat(event.childShards()).isEmpty();
    assertThat(event.continuation()).matches("[1-9]\\d{55}");
    assertThat(next(subscription)).isInstanceOf(Pushed.Nothing.class);
  }

  @Test
  void each_of_the_five_starts_gives_the_records_from_there() {
    String first = put("a");
    clock.advance(Duration.ofSeconds(1));
    long second = clock.millis();
    put("b");
    clock.advance(Duration.ofSeconds(1));

    assertThat(texts(subscribe(OLDEST))).containsExactly("a", "b");
    assertThat(texts(subscribe(LATEST))).isEmpty();
    assertThat(texts(subscribe(new StartFrom.At(first)))).containsExactly("a", "b");
    assertThat(texts(subscribe(new StartFrom.After(first)))).containsExactly("b");
    assertThat(texts(subscribe(new StartFrom.Time(second)))).containsExactly("b");
    assertThat(texts(subscribe(new StartFrom.Time(second + 1)))).isEmpty();
  }

  @Test
  void a_start_that_makes_no_sense_is_refused_and_takes_nothing() {
    engine.splitShard(ORDERS, SHARD, HALF);
    String ofChild = put("a");

    assertRefused(
        "InvalidArgumentException",
        "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a"
            + " call to a shard with shardId-000000000000",
        () -> subscribe(new StartFrom.At(ofChild)));
    assertRefused(
        "InvalidArgumentException",
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis."
            + " timestampInMillis: %d, currentTimestampInMillis: %d"
                .formatted(clock.millis() + 1, clock.millis()),
        () -> subscribe(new StartFrom.Time(clock.millis() + 1)));
    assertThatThrownBy(() -> subscribe(new StartFrom.After("7"))).isInstanceOf(KinesisError.class);
    subscribe(OLDEST);
  }

  @Test
  void what_is_not_there_or_not_ready_is_refused() {
    assertRefused(
        "ResourceNotFoundException",
        "Shard shardId-000000000009 in stream orders under account 000000000000 does not exist",
        () -> engine.fanOut().subscribe(app, Shard.id(9), OLDEST));
    ConsumerArn other = new ConsumerArn(ORDERS, "other", app.createdSeconds());
    assertRefused(
        "ResourceNotFoundException",
        other.notFound().getMessage(),
        () -> engine.fanOut().subscribe(other, SHARD, OLDEST));
    ConsumerArn earlier = new ConsumerArn(ORDERS, "app", app.createdSeconds() - 1);
    assertRefused(
        "ResourceNotFoundException",
        earlier.notFound().getMessage(),
        () -> engine.fanOut().subscribe(earlier, SHARD, OLDEST));
    ConsumerArn nowhere =
        new ConsumerArn(new StreamKey("000000000000", "us-east-1", "bills"), "app", 1);
    assertRefused(
        "ResourceNotFoundException",
        "Stream bills under account 000000000000 not found.",
        () -> engine.fanOut().subscribe(nowhere, SHARD, OLDEST));
  }

  @Test
  void a_consumer_that_is_in_the_making_or_goes_cannot_subscribe() {
    engine = engine(Duration.ofSeconds(10), LimitScale.OFF);
    app = create();
    String notActive =
        "Consumer app with creation timestamp %d under stream: orders , account 000000000000 is"
            + " not in ACTIVE status.";
    assertRefused(
        "ResourceInUseException",
        notActive.formatted(app.createdSeconds()),
        () -> subscribe(OLDEST));
    clock.advance(Duration.ofSeconds(10));
    subscribe(OLDEST);

    engine.fanOut().deregister(app);
    assertRefused(
        "ResourceInUseException",
        notActive.formatted(app.createdSeconds()),
        () -> subscribe(OLDEST));
  }

  @Test
  void a_record_tells_who_waits_once_and_nobody_else() {
    Subscription subscription = subscribe(LATEST);
    AtomicInteger told = new AtomicInteger();
    subscription.listen(told::incrementAndGet);
    event(subscription);
    put("before it waits");
    assertThat(told).hasValue(0);
    assertThat(texts(subscription)).containsExactly("before it waits");

    put("a");
    put("b");
    engine.put(ORDERS, Collections.nCopies(500, entry("c", 1)));
    assertThat(told).hasValue(1);
    assertThat(texts(subscription)).hasSize(502);

    put("d");
    assertThat(told).hasValue(2);
    subscription.cancel(clock.millis());
    put("e");
    assertThat(told).hasValue(2);
  }

  @Test
  void only_the_subscribers_of_its_shard_are_told_of_a_record() {
    engine.splitShard(ORDERS, SHARD, HALF);
    AtomicInteger lower = waiting(engine.fanOut().subscribe(app, Shard.id(1), LATEST));
    AtomicInteger upper = waiting(engine.fanOut().subscribe(app, Shard.id(2), LATEST));

    engine.put(ORDERS, List.of(PutEntry.of("k", HALF, new byte[1])));

    assertThat(lower).hasValue(0);
    assertThat(upper).hasValue(1);
  }

  @Test
  void silence_is_broken_before_five_seconds_and_the_continuation_goes_on() {
    Subscription subscription = subscribe(OLDEST);
    put("a");
    String before = event(subscription).continuation();
    for (int i = 0; i < 10; i++) {
      long since = clock.millis();
      while (!subscription.isDue(clock.millis())) {
        assertThat(next(subscription)).isInstanceOf(Pushed.Nothing.class);
        clock.advance(Duration.ofMillis(20));
      }
      assertThat(clock.millis() - since).isBetween(4_000L, 4_900L);
      Pushed.Event event = event(subscription);
      assertThat(event.records()).isEmpty();
      assertThat(new BigInteger(event.continuation())).isGreaterThan(new BigInteger(before));
      before = event.continuation();
    }
  }

  @Test
  void from_any_continuation_at_or_after_it_the_rest_follows() {
    String before = put("a");
    Subscription subscription = subscribe(OLDEST);
    List<String> continuations = new ArrayList<>();
    continuations.add(event(subscription).continuation());
    clock.advance(Duration.ofSeconds(5));
    continuations.add(event(subscription).continuation());
    put("b");

    for (String continuation : continuations) {
      assertThat(new BigInteger(continuation)).isGreaterThan(new BigInteger(before));
      assertThat(texts(subscribe(new StartFrom.At(continuation)))).containsExactly("b");
      assertThat(texts(subscribe(new StartFrom.After(continuation)))).containsExactly("b");
    }
  }

  @Test
  void a_continuation_of_an_empty_shard_misses_nothing() {
    String continuation = event(subscribe(OLDEST)).continuation();
    clock.advance(Duration.ofSeconds(5));
    String latest = event(subscribe(LATEST)).continuation();
    put("a");

    for (String from : List.of(continuation, latest)) {
      assertThat(texts(subscribe(new StartFrom.At(from)))).containsExactly("a");
      assertThat(texts(subscribe(new StartFrom.After(from)))).containsExactly("a");
    }
  }

  @Test
  void an_event_is_bounded_in_bytes_and_in_records_and_says_how_far_behind_it_is() {
    engine.put(ORDERS, List.of(entry("a", 600_000), entry("b", 600_000), entry("c", 2 * MIB)));
    clock.advance(Duration.ofSeconds(3));
    Subscription subscription = subscribe(OLDEST);

    Pushed.Event first = event(subscription);
    assertThat(first.records()).hasSize(1);
    assertThat(first.millisBehindLatest()).isEqualTo(3000);
    assertThat(event(subscription).records()).hasSize(1);
    Pushed.Event large = event(subscription);
    assertThat(large.records()).hasSize(1);
    assertThat(large.millisBehindLatest()).isZero();

    for (int i = 0; i < 21; i++) {
      engine.put(ORDERS, Collections.nCopies(500, entry("d", 1)));
    }
    assertThat(event(subscription).records()).hasSize(10_000);
    assertThat(event(subscription).records()).hasSize(500);
  }

  @Test
  void after_five_minutes_it_ends_and_frees_the_shard() {
    Subscription subscription = subscribe(OLDEST);
    event(subscription);
    clock.advance(Duration.ofMillis(299_999));
    assertThat(next(subscription)).isInstanceOf(Pushed.Event.class);
    assertThat(subscription.isDue(clock.millis())).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(subscription.isDue(clock.millis())).isTrue();

    assertThat(next(subscription)).isInstanceOf(Pushed.Ended.class);
    assertThat(next(subscription)).isInstanceOf(Pushed.Ended.class);
    event(subscribe(OLDEST));
  }

  @Test
  void the_end_of_a_split_shard_names_its_children_in_the_last_event() {
    Subscription subscription = subscribe(OLDEST);
    event(subscription);
    AtomicInteger told = waiting(subscription);
    engine.splitShard(ORDERS, SHARD, HALF);
    assertThat(told).hasValue(1);

    Pushed.Event last = event(subscription);
    assertThat(last.records()).isEmpty();
    assertThat(last.continuation()).isNull();
    assertThat(last.childShards())
        .extracting(ChildShard::id)
        .containsExactly(Shard.id(1), Shard.id(2));
    assertThat(last.childShards())
        .allSatisfy(child -> assertThat(child.parentIds()).containsExactly(SHARD));
    assertThat(next(subscription)).isInstanceOf(Pushed.Ended.class);
  }

  @Test
  void the_end_of_merged_shards_names_both_parents_and_comes_with_the_last_records() {
    engine.splitShard(ORDERS, SHARD, HALF);
    put("a");
    engine.mergeShards(ORDERS, Shard.id(1), Shard.id(2));
    Subscription subscription = engine.fanOut().subscribe(app, Shard.id(1), OLDEST);

    Pushed.Event last = event(subscription);
    assertThat(last.records()).hasSize(1);
    assertThat(last.continuation()).isNull();
    assertThat(last.childShards()).hasSize(1);
    assertThat(last.childShards().get(0).parentIds()).containsExactly(Shard.id(1), Shard.id(2));
    assertThat(next(subscription)).isInstanceOf(Pushed.Ended.class);
  }

  @Test
  void a_split_that_takes_its_time_ends_the_shard_when_it_is_done_by_time_alone() {
    engine = engine(Duration.ofSeconds(2), LimitScale.OFF);
    app = create();
    clock.advance(Duration.ofSeconds(2));
    Subscription subscription = subscribe(OLDEST);
    event(subscription);
    engine.splitShard(ORDERS, SHARD, HALF);
    assertThat(next(subscription)).isInstanceOf(Pushed.Nothing.class);
    assertThat(subscription.isDue(clock.millis())).isFalse();
    clock.advance(Duration.ofSeconds(2));

    assertThat(subscription.isDue(clock.millis())).isTrue();
    assertThat(event(subscription).childShards()).hasSize(2);
  }

  @Test
  void another_call_is_refused_for_five_seconds_and_then_takes_over() {
    Subscription first = subscribeOnly(OLDEST);
    event(first);
    String taken =
        "Another active subscription exists for this consumer:"
            + " 000000000000:orders:shardId-000000000000:app";
    clock.advance(Duration.ofMillis(4_999));
    event(first);
    assertRefused("ResourceInUseException", taken, () -> subscribeOnly(OLDEST));
    AtomicInteger told = waiting(first);
    clock.advance(Duration.ofMillis(1));

    Subscription second = subscribeOnly(OLDEST);
    assertThat(told).hasValue(1);
    assertThat(next(first))
        .asInstanceOf(type(Pushed.Failed.class))
        .returns("ResourceInUseException", failed -> failed.error().code())
        .returns(taken, failed -> failed.error().getMessage());
    assertThat(next(first)).isInstanceOf(Pushed.Ended.class);
    assertThat(next(second)).isInstanceOf(Pushed.Event.class);
    first.cancel(clock.millis());
    assertRefused("ResourceInUseException", taken, () -> subscribeOnly(OLDEST));
  }

  @Test
  void a_cancelled_subscription_frees_its_shard_at_once() {
    Subscription first = subscribeOnly(OLDEST);
    first.cancel(clock.millis());
    first.cancel(clock.millis());

    Subscription second = subscribeOnly(OLDEST);
    assertThat(next(second)).isInstanceOf(Pushed.Event.class);
    assertThat(next(first)).isInstanceOf(Pushed.Ended.class);
  }

  @Test
  void two_consumers_do_not_know_of_each_other() {
    ConsumerArn other = engine.fanOut().register(ORDERS, "other", Labels.NONE).arn();
    put("a");

    Subscription mine = subscribeOnly(OLDEST);
    Subscription theirs = engine.fanOut().subscribe(other, SHARD, OLDEST);
    assertThat(texts(mine)).containsExactly("a");
    assertThat(texts(theirs)).containsExactly("a");
  }

  @Test
  void a_consumer_or_a_stream_that_goes_is_missed_in_the_stream() {
    Subscription subscription = subscribe(OLDEST);
    event(subscription);
    AtomicInteger told = waiting(subscription);
    engine.fanOut().deregister(app);
    assertThat(told).hasValue(1);
    assertThat(next(subscription))
        .asInstanceOf(type(Pushed.Failed.class))
        .returns("ResourceNotFoundException", failed -> failed.error().code());

    ConsumerArn other = engine.fanOut().register(ORDERS, "other", Labels.NONE).arn();
    Subscription next = engine.fanOut().subscribe(other, SHARD, OLDEST);
    engine.deleteStream(ORDERS, true);
    assertThat(next(next))
        .asInstanceOf(type(Pushed.Failed.class))
        .returns(
            "Stream orders under account 000000000000 not found.",
            failed -> failed.error().getMessage());
  }

  @Test
  void with_limits_a_consumer_gets_two_mebibytes_a_second_whatever_others_get() {
    engine = engine(Duration.ZERO, LimitScale.AS_AWS);
    app = create();
    for (int i = 0; i < 20; i++) {
      engine.put(ORDERS, List.of(entry("a", MIB - 1)));
      clock.advance(Duration.ofSeconds(1));
    }
    Subscription subscription = subscribe(OLDEST);
    ConsumerArn otherArn = engine.fanOut().register(ORDERS, "other", Labels.NONE).arn();
    Subscription other = engine.fanOut().subscribe(otherArn, SHARD, OLDEST);
    long start = clock.millis();
    int mine = 0;
    int theirs = 0;
    while (mine < 20 || theirs < 20) {
      mine += taken(subscription);
      theirs += taken(other);
      clock.advance(Duration.ofMillis(20));
    }
    // A burst of two at first, one more that is owed, and two a second from then on.
    assertThat(clock.millis() - start).isBetween(8_000L, 9_100L);
  }

  @Test
  void a_paced_subscription_does_not_wake_for_records_and_still_shows_signs_of_life() {
    engine = engine(Duration.ZERO, new LimitScale(0.01));
    app = create();
    for (int i = 0; i < 12; i++) {
      engine.put(ORDERS, List.of(entry("a", 10_000)));
      clock.advance(Duration.ofSeconds(1));
    }
    Subscription subscription = subscribe(OLDEST);
    assertThat(event(subscription).records()).hasSize(12);
    assertThat(next(subscription)).isInstanceOf(Pushed.Nothing.class);
    AtomicInteger told = new AtomicInteger();
    subscription.listen(told::incrementAndGet);
    clock.advance(Duration.ofMillis(1_500));
    put("c");
    assertThat(told).hasValue(0);
    assertThat(subscription.isDue(clock.millis())).isFalse();
    clock.advance(Duration.ofSeconds(3));
    assertThat(subscription.isDue(clock.millis())).isTrue();
    Pushed.Event sign = event(subscription);
    assertThat(sign.records()).isEmpty();
    assertThat(sign.millisBehindLatest()).isEqualTo(3_000);

    assertThat(next(subscription)).isInstanceOf(Pushed.Nothing.class);
    clock.advance(Duration.ofMillis(1_300));
    assertThat(subscription.isDue(clock.millis())).isTrue();
    assertThat(texts(subscription)).containsExactly("c");
  }

  @Test
  void with_limits_a_shard_may_be_asked_for_once_a_second() {
    engine = engine(Duration.ZERO, LimitScale.AS_AWS);
    app = create();
    subscribeOnly(OLDEST).cancel(clock.millis());
    clock.advance(Duration.ofMillis(999));
    assertRefused(
        "LimitExceededException",
        "Rate exceeded for consumer app and shard shardId-000000000000 in stream orders under"
            + " account 000000000000.",
        () -> subscribeOnly(OLDEST));
    clock.advance(Duration.ofMillis(1));

    subscribeOnly(OLDEST);
  }

  private int taken(Subscription subscription) {
    int records = 0;
    while (next(subscription) instanceof Pushed.Event event && !event.records().isEmpty()) {
      records += event.records().size();
    }
    return records;
  }

  private Engine engine(Duration stateChangeTakes, LimitScale limits) {
    return new Engine(clock, new EngineSettings(256L << 20, 100, stateChangeTakes, limits));
  }

  private ConsumerArn create() {
    StreamOptions options =
        StreamOptions.of(StreamMode.PROVISIONED).withRecordKibMax(StreamOptions.RECORD_KIB_LIMIT);
    engine.createStream(new NewStream(ORDERS, options, 1, Labels.NONE));
    if (engine.describe(ORDERS).status() == StreamStatus.CREATING) {
      clock.advance(Duration.ofSeconds(10));
    }
    return engine.fanOut().register(ORDERS, "app", Labels.NONE).arn();
  }

  /** In place of the subscription before. */
  private Subscription subscribe(StartFrom start) {
    if (last != null) {
      last.cancel(clock.millis());
    }
    last = subscribeOnly(start);
    return last;
  }

  private Subscription subscribeOnly(StartFrom start) {
    return engine.fanOut().subscribe(app, SHARD, start);
  }

  private AtomicInteger waiting(Subscription subscription) {
    while (!(next(subscription) instanceof Pushed.Nothing)) {}
    AtomicInteger told = new AtomicInteger();
    subscription.listen(told::incrementAndGet);
    return told;
  }

  private Pushed next(Subscription subscription) {
    return engine.fanOut().next(subscription, EVENT_BYTES);
  }

  private Pushed.Event event(Subscription subscription) {
    Pushed next = next(subscription);
    assertThat(next).isInstanceOf(Pushed.Event.class);
    return (Pushed.Event) next;
  }

  private List<String> texts(Subscription subscription) {
    List<String> texts = new ArrayList<>();
    while (next(subscription) instanceof Pushed.Event event) {
      event.records().forEach(record -> texts.add(new String(record.data(), UTF_8)));
    }
    return texts;
  }

  private String put(String text) {
    PutEntry entry = PutEntry.of("k", "0", text.getBytes(UTF_8));
    return ((PutOutcome.Stored) engine.put(ORDERS, List.of(entry)).get(0)).number().toString();
  }

  private static PutEntry entry(String key, int bytes) {
    return PutEntry.of(key, "0", new byte[bytes]);
  }

  private static void assertRefused(String code, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(KinesisError.class))
        .returns(code, KinesisError::code)
        .returns(message, KinesisError::getMessage);
  }
}
