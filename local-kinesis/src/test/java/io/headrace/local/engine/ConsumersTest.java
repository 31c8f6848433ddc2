package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.headrace.local.VirtualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Registered consumers: their states, names, limits and pages, in virtual time. */
class ConsumersTest {
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final String STREAM_ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
  private static final Duration CHANGE = Duration.ofSeconds(10);

  private final VirtualClock clock = new VirtualClock();
  private final Engine engine = new Engine(clock, new EngineSettings(64L << 20, 100, CHANGE));
  private final FanOut fanOut = engine.fanOut();

  @BeforeEach
  void create() {
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    clock.advance(CHANGE);
  }

  @Test
  void a_consumer_is_made_becomes_active_and_goes_each_in_its_time() {
    ConsumerView made = register("app");
    assertThat(made.status()).isEqualTo(ConsumerStatus.CREATING);
    assertThat(made.arn().arn())
        .isEqualTo(STREAM_ARN + "/consumer/app:" + clock.instant().getEpochSecond());
    assertThat(made.createdMillis()).isEqualTo(clock.millis());

    clock.advance(CHANGE.minusMillis(1));
    assertThat(fanOut.describe(made.arn()).status()).isEqualTo(ConsumerStatus.CREATING);
    clock.advance(Duration.ofMillis(1));
    assertThat(fanOut.describe(ORDERS, "app").status()).isEqualTo(ConsumerStatus.ACTIVE);

    fanOut.deregister(made.arn());
    assertThat(fanOut.describe(made.arn()).status()).isEqualTo(ConsumerStatus.DELETING);
    fanOut.deregister(made.arn());
    clock.advance(CHANGE);
    assertRefused(
        "ResourceNotFoundException",
        "Consumer app with creation timestamp "
            + made.arn().createdSeconds()
            + " under stream: orders , account 000000000000 not found.",
        () -> fanOut.describe(made.arn()));
    assertRefused(
        "ResourceNotFoundException",
        "Consumer app under stream orders not found for account 000000000000.",
        () -> fanOut.describe(ORDERS, "app"));
  }

  @Test
  void a_name_is_taken_until_its_consumer_is_gone_and_then_means_another_consumer() {
    ConsumerView first = register("app");
    assertRefused(
        "ResourceInUseException",
        "Consumer app under stream orders already exists for account 000000000000.",
        () -> register("app"));
    fanOut.deregister(first.arn());
    assertThatThrownBy(() -> register("app")).isInstanceOf(KinesisError.class);
    clock.advance(CHANGE);

    ConsumerView second = register("app");
    assertThat(second.arn()).isNotEqualTo(first.arn());
    assertThatThrownBy(() -> fanOut.describe(first.arn())).isInstanceOf(KinesisError.class);
  }

  @Test
  void five_may_be_in_the_making_and_twenty_may_be_there() {
    for (int i = 0; i < 20; i++) {
      if (i > 0 && i % 5 == 0) {
        assertRefused(
            "LimitExceededException",
            "Stream orders under account 000000000000 has 5 consumers in status CREATING, and at"
                + " most 5 are allowed.",
            () -> register("sixth"));
        clock.advance(CHANGE);
      }
      register("app-" + i);
    }
    clock.advance(CHANGE);

    assertRefused(
        "LimitExceededException",
        "Stream orders under account 000000000000 has 20 registered consumers, and at most 20 are"
            + " allowed.",
        () -> register("last"));
    assertThat(engine.describe(ORDERS).consumers()).isEqualTo(20);
  }

  @Test
  void a_list_comes_by_name_page_by_page_and_its_token_expires() {
    for (String name : List.of("c", "a", "b")) {
      register(name);
    }
    ConsumerPage first = fanOut.list(ORDERS, null, 2);
    ConsumerPage second = fanOut.list(ORDERS, first.nextToken(), 2);

    assertThat(first.consumers()).extracting(view -> view.arn().name()).containsExactly("a", "b");
    assertThat(second.consumers()).extracting(view -> view.arn().name()).containsExactly("c");
    assertThat(second.nextToken()).isNull();
    assertThat(fanOut.list(ORDERS, null, 3).nextToken()).isNull();

    clock.advance(Duration.ofMinutes(5));
    assertThat(fanOut.list(ORDERS, first.nextToken(), 2).consumers()).hasSize(1);
    clock.advance(Duration.ofMillis(1));
    assertRefused(
        "ExpiredNextTokenException",
        "NextToken has expired.",
        () -> fanOut.list(ORDERS, first.nextToken(), 2));
    assertRefused(
        "InvalidArgumentException", "Invalid NextToken.", () -> fanOut.list(ORDERS, "nonsense", 2));
  }

  @Test
  void a_token_of_another_stream_is_refused() {
    register("a");
    register("b");
    StreamKey bills = new StreamKey("000000000000", "us-east-1", "bills");
    clock.advance(Duration.ofSeconds(1));
    engine.createStream(bills, StreamMode.PROVISIONED, 1);
    String token = fanOut.list(ORDERS, null, 1).nextToken();

    assertRefused(
        "InvalidArgumentException",
        "NextToken is not for stream bills under account 000000000000.",
        () -> fanOut.list(bills, token, 1));
  }

  @Test
  void a_stream_with_consumers_is_deleted_only_by_who_means_it() {
    ConsumerView app = register("app");
    assertRefused(
        "ResourceInUseException",
        "DeleteStream can't delete "
            + STREAM_ARN
            + " because there are consumers associated with this data stream. To delete orders"
            + " anyway, set the EnforceConsumerDeletion parameter to true to force the deletion of"
            + " all the consumers that are associated with it.",
        () -> engine.deleteStream(ORDERS, false));

    engine.deleteStream(ORDERS, true);
    assertThat(fanOut.describe(app.arn()).status()).isEqualTo(ConsumerStatus.DELETING);
    clock.advance(CHANGE);
    assertRefused(
        "ResourceNotFoundException",
        "Stream orders under account 000000000000 not found.",
        () -> fanOut.describe(app.arn()));
  }

  @Test
  void nobody_registers_with_a_stream_that_is_not_made_yet_or_goes() {
    StreamKey bills = new StreamKey("000000000000", "us-east-1", "bills");
    engine.createStream(bills, StreamMode.PROVISIONED, 1);
    assertRefused(
        "ResourceInUseException",
        "Stream bills under account 000000000000 not ACTIVE, instead in state CREATING",
        () -> fanOut.register(bills, "app", Labels.NONE));

    engine.deleteStream(ORDERS, false);
    assertRefused(
        "ResourceInUseException",
        "Stream orders under account 000000000000 not ACTIVE, instead in state DELETING",
        () -> register("app"));
  }

  @Test
  void a_consumer_has_tags_from_the_start_that_can_change_once_it_is_active() {
    ConsumerView app = fanOut.register(ORDERS, "app", Labels.ofTags(Map.of("team", "a")));
    Resource resource = Resource.ofArn(app.arn().arn());
    assertThat(engine.tags(resource)).containsExactly(Map.entry("team", "a"));
    assertThatThrownBy(() -> engine.addTags(resource, Map.of("stage", "test")))
        .hasMessage(
            "Consumer app with creation timestamp "
                + app.arn().createdSeconds()
                + " under stream: orders , account 000000000000 is not in ACTIVE status.");
    clock.advance(CHANGE);

    engine.addTags(resource, Map.of("stage", "test"));
    engine.removeTags(resource, List.of("team"));

    assertThat(engine.tags(resource)).containsExactly(Map.entry("stage", "test"));
    assertThat(engine.tags(new Resource.OfStream(ORDERS))).isEmpty();
    assertThatThrownBy(() -> fanOut.register(ORDERS, "b", Labels.ofTags(Map.of("aws:x", ""))))
        .hasMessageContaining("consumer b under stream orders");
  }

  @Test
  void consumers_come_back_from_their_state_and_finish_what_they_had_begun() {
    long now = clock.millis();
    StreamConsumers before = new StreamConsumers(ORDERS, List.of(), StateTimes.all(CHANGE));
    before.register("a", Labels.ofTags(Map.of("team", "a")), now);
    before.deregister(before.register("b", Labels.NONE, now), now);
    StreamConsumers after = new StreamConsumers(ORDERS, before.states(), StateTimes.all(CHANGE));
    assertThat(after.states()).isEqualTo(before.states());

    after.settle(now + CHANGE.toMillis());

    assertThat(after.states())
        .containsExactly(
            new ConsumerState(
                "a",
                now,
                Labels.ofTags(Map.of("team", "a")),
                ConsumerStatus.ACTIVE,
                Long.MAX_VALUE));
  }

  private ConsumerView register(String name) {
    return fanOut.register(ORDERS, name, Labels.NONE);
  }

  private static void assertRefused(String code, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(KinesisError.class))
        .returns(code, KinesisError::code)
        .returns(message, KinesisError::getMessage);
  }
}
