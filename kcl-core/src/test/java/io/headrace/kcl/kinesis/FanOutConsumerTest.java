package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.ShardClaim;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamSource;
import io.headrace.local.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Consumer;

/** Who registers, finds and takes away the consumer, over the socket of a local Kinesis. */
@Timeout(60)
class FanOutConsumerTest {
  private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/";

  private final LocalStreams local = LocalStreams.pushed();
  private final List<String> told = new ArrayList<>();

  private final ShardClaim claim =
      new ShardClaim() {
        @Override
        public boolean holds() {
          return true;
        }

        @Override
        public void retrieving(String how) {
          told.add(how);
        }
      };

  @AfterEach
  void close() {
    local.close();
  }

  @Test
  void a_consumer_is_named_after_the_application() {
    local.server.createStream("orders", 1);
    var stream = open(Retrieval.fanOut(), "orders", "shop");

    assertThat(local.await(stream.consumerArn())).startsWith(ARN + "orders/consumer/shop:");
    assertThat(consumers("orders")).containsExactly("shop");
  }

  @Test
  void the_reader_of_the_first_open_shard_registers_and_the_others_wait_for_it() {
    local.server.createStream("orders", 2);
    var first = open(Retrieval.fanOut(), "orders", "shop");
    var second = open(Retrieval.fanOut(), "orders", "shop");
    var shards = local.await(first.shards());
    local.await(second.shards());
    var waiting = second.open(shards.get(1), StartingPosition.TRIM_HORIZON, claim);
    for (int i = 0; i < 8; i++) {
      local.await(waiting.fetch(1_000));
    }
    assertThat(consumers("orders")).as("its worker does not register").isEmpty();

    var registering = first.open(shards.get(0), StartingPosition.TRIM_HORIZON);
    for (int i = 0; i < 8; i++) {
      local.await(registering.fetch(1_000));
      local.await(waiting.fetch(1_000));
    }
    assertThat(consumers("orders")).containsExactly("shop");
    assertThat(told).containsExactly("enhanced fan-out, consumer shop");
  }

  @Test
  void whoever_waits_in_vain_registers_after_a_while() {
    local.server.createStream("orders", 2);
    var stream = open(Retrieval.fanOut(), "orders", "shop");
    var shards = local.await(stream.shards());
    var cursor = stream.open(shards.get(1), StartingPosition.TRIM_HORIZON, claim);
    long began = local.loop.ticks();
    while (told.isEmpty()) {
      local.await(cursor.fetch(1_000));
      assertThat(passedSince(began)).isLessThan(Duration.ofSeconds(30));
    }

    assertThat(passedSince(began)).isGreaterThan(FanOutConsumer.PATIENCE);
    assertThat(told).containsExactly("enhanced fan-out, consumer shop");
  }

  @Test
  void a_limit_on_consumers_is_told_and_records_are_polled() {
    local.server.createStream("orders", 1);
    for (int i = 0; i < FanOutConsumer.CONSUMERS_MAX; i++) {
      register("orders", "other-" + i);
    }
    var stream = open(Retrieval.fanOut(), "orders", "shop");
    put("orders");
    var cursor =
        stream.open(local.await(stream.shards()).get(0), StartingPosition.TRIM_HORIZON, claim);

    int read = 0;
    for (int i = 0; i < 5; i++) {
      read += ((Fetched.Records) local.await(cursor.fetch(1_000))).records().size();
    }
    assertThat(read).isOne();
    assertThat(told).hasSize(1);
    assertThat(told.get(0))
        .startsWith("polling, since RegisterStreamConsumer on stream \"orders\"")
        .contains("LimitExceededException")
        .contains("the stream has 20 consumers; take one away");

    deregister("orders", "other-7");
    while (told.size() < 2) {
      local.await(cursor.fetch(1_000));
    }
    assertThat(told.get(1)).isEqualTo("enhanced fan-out, consumer shop");
  }

  @Test
  void registering_too_fast_is_tried_again_and_no_word_is_said_of_it() {
    local.server.createStream("orders", 1);
    local
        .server
        .faults()
        .add(Fault.error("LimitExceededException", "rate").on("RegisterStreamConsumer").first(2));
    var stream = open(Retrieval.fanOut(), "orders", "shop");
    var cursor =
        stream.open(local.await(stream.shards()).get(0), StartingPosition.TRIM_HORIZON, claim);
    long began = local.loop.ticks();
    while (told.isEmpty()) {
      local.await(cursor.fetch(1_000));
    }
    assertThat(told).containsExactly("enhanced fan-out, consumer shop");
    assertThat(passedSince(began)).isLessThan(FanOutConsumer.REFUSAL_WAIT);
  }

  @Test
  void a_limit_whose_cause_may_not_be_asked_for_is_told_with_both() {
    local.server.createStream("orders", 1);
    local.server.faults().add(Fault.error("LimitExceededException").on("RegisterStreamConsumer"));
    local.server.faults().add(Fault.error("AccessDeniedException").on("ListStreamConsumers"));
    var stream = open(Retrieval.fanOut(), "orders", "shop");
    var cursor =
        stream.open(local.await(stream.shards()).get(0), StartingPosition.TRIM_HORIZON, claim);
    while (told.isEmpty()) {
      local.await(cursor.fetch(1_000));
    }
    assertThat(told.get(0)).contains("a stream takes 20 consumers, and 5 calls a second");
  }

  @Test
  void an_arn_of_another_stream_is_refused_with_both_named() {
    local.server.createStream("orders", 1);
    var other = ARN + "payments/consumer/shop:1700000000";
    assertThatThrownBy(() -> open(Retrieval.fanOut().as(other), "orders", "shop"))
        .isInstanceOfSatisfying(
            StreamException.class,
            refused -> assertThat(refused.kind()).isEqualTo(StreamException.Kind.INVALID))
        .hasMessageContaining("\"" + other + "\" is not one of stream \"orders\"");

    var elsewhere = "arn:aws:kinesis:eu-west-1:111111111111:stream/orders/consumer/shop:1700000000";
    var stream = open(Retrieval.fanOut().as(elsewhere), "orders", "shop");
    assertThatThrownBy(() -> local.await(stream.identify()))
        .cause()
        .hasMessageContaining("\"" + elsewhere + "\" is not one of stream \"" + ARN + "orders\"");
  }

  @Test
  void an_arn_of_a_consumer_that_is_not_there_is_told_and_never_registered() {
    local.server.createStream("orders", 1);
    var gone = ARN + "orders/consumer/shop:1700000000";
    var stream = open(Retrieval.fanOut().as(gone), "orders", "shop");

    assertThatThrownBy(() -> local.await(stream.consumerArn()))
        .cause()
        .hasMessageContaining("there is no consumer \"" + gone + "\"");
    assertThat(consumers("orders")).isEmpty();
  }

  @Test
  void closing_takes_away_what_it_registered_where_that_is_asked_for_and_nothing_else() {
    local.server.createStream("orders", 1);
    local.server.createStream("payments", 1);
    register("orders", "shop");
    try (var passing = local.another(Retrieval.fanOut().deregistering())) {
      for (var name : List.of("orders", "payments")) {
        var stream =
            passing.open(StreamSource.kinesis(name), "shop", local.loop, new SplittableRandom(1));
        local.await(stream.consumerArn());
      }
    }
    assertThat(consumers("orders")).containsExactly("shop");
    assertThat(consumers("payments")).isEmpty();

    try (var staying = local.another(Retrieval.fanOut())) {
      local.await(
          staying
              .open(StreamSource.kinesis("payments"), "shop", local.loop, new SplittableRandom(1))
              .consumerArn());
    }
    assertThat(consumers("payments")).containsExactly("shop");
  }

  private KinesisStream open(Retrieval retrieval, String name, String application) {
    return local
        .another(retrieval)
        .open(StreamSource.kinesis(name), application, local.loop, new SplittableRandom(1));
  }

  private void register(String name, String consumer) {
    local.direct.registerStreamConsumer(r -> r.streamARN(ARN + name).consumerName(consumer)).join();
  }

  private void deregister(String name, String consumer) {
    local
        .direct
        .deregisterStreamConsumer(r -> r.streamARN(ARN + name).consumerName(consumer))
        .join();
  }

  private List<String> consumers(String name) {
    return local
        .direct
        .listStreamConsumers(r -> r.streamARN(ARN + name))
        .join()
        .consumers()
        .stream()
        .map(Consumer::consumerName)
        .toList();
  }

  private void put(String name) {
    local
        .direct
        .putRecord(
            r -> r.streamName(name).partitionKey("k").data(SdkBytes.fromByteArray(new byte[10])))
        .join();
  }

  private Duration passedSince(long ticks) {
    return Duration.ofNanos(local.loop.ticks() - ticks);
  }
}
