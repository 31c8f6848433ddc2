package io.headrace.acceptance.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.EventId;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RuntimeListener;
import io.headrace.harness.LocalAws;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.WorkerEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;

/** A worker dies in the midst of an aggregate that the library's classes made; another goes on. */
@Timeout(180)
class AggregatesThroughACrashTest {
  private static final String STREAM = "aggregates";
  private static final int RECORDS = 100;
  private static final int KEYS = 10;
  private static final String POISON = "50";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Map<String, List<EventId>> deliveries = new ConcurrentHashMap<>();
  private final AtomicLong rangesCommitted = new AtomicLong();
  private volatile boolean broken = true;

  private static final class Texts implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(StandardCharsets.UTF_8);
    }
  }

  @Test
  void records_that_were_committed_in_the_midst_of_an_aggregate_do_not_come_again() {
    try (var aws = LocalAws.start()) {
      aws.createStream(STREAM, 1);
      put(aws);
      var victim = start(aws, "victim");
      await().atMost(PATIENCE).until(() -> deliveries.size() == RECORDS - 4);
      // Through 49, then a hole for 50 and the four of its key behind it: five ranges above.
      await().atMost(PATIENCE).until(() -> rangesCommitted.get() == 5);

      victim.crash();
      broken = false;
      try (var heir = start(aws, "heir")) {
        await().atMost(PATIENCE).until(() -> deliveries.size() == RECORDS);
      }
    }
    assertThat(deliveries.get(POISON))
        .hasSizeGreaterThan(1)
        .containsOnly(deliveries.get(POISON).get(0));
    for (int i = 0; i < RECORDS; i++) {
      var value = Integer.toString(i);
      var ids = deliveries.get(value);
      assertThat(ids.get(0).subSequence()).isEqualTo(i);
      if (!value.equals(POISON)) {
        assertThat(ids).as(value).hasSize(1);
      }
    }
  }

  private FunctionRuntime.Running start(LocalAws aws, String name) {
    var spec =
        FunctionSpec.named("remember")
            .reading(Input.of(StreamSource.kinesis(STREAM), new Texts()))
            .handledBy(
                () -> (Event<String> event, Output<String> out) -> remember(event),
                Destination.<String>nowhere());
    return aws.runtime("aggregates")
        .workerId(name)
        .leaseTime(Duration.ofSeconds(2))
        .committingEvery(Duration.ofMillis(500))
        .stoppingWithin(Duration.ofSeconds(5))
        .observedBy(
            new RuntimeListener() {
              @Override
              public void on(Object event) {
                if (event instanceof WorkerEvent.Committed committed) {
                  rangesCommitted.set(committed.progress().ranges().size());
                }
              }
            })
        .run(spec)
        .start();
  }

  private void remember(Event<String> event) {
    deliveries.computeIfAbsent(event.value(), value -> new ArrayList<>()).add(event.id());
    assertThat(event.headers()).containsEntry("number", event.value());
    if (broken && event.value().equals(POISON)) {
      throw new IllegalStateException("broken");
    }
  }

  private static void put(LocalAws aws) {
    var records =
        IntStream.range(0, RECORDS)
            .mapToObj(Integer::toString)
            .map(
                i ->
                    new UserRecord(
                        "key-" + Integer.parseInt(i) % KEYS,
                        Optional.empty(),
                        i,
                        Map.of("number", i)))
            .toList();
    var unused =
        aws.kinesis()
            .putRecord(
                r ->
                    r.streamName(STREAM)
                        .partitionKey("a")
                        .data(SdkBytes.fromByteArray(PackedByTheKcl.pack(records))))
            .join();
  }
}
