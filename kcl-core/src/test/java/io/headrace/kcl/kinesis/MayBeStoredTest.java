package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.ProducerProperties.failureOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.kinesis.ProducerMachine.Patience;
import io.headrace.kcl.kinesis.PutException.Reason;
import io.headrace.kcl.loop.SimulatedLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** A put that failed says false of what may be stored only where that is known. */
class MayBeStoredTest {
  private final SimulatedLoop loop = new SimulatedLoop(3);
  private final ScriptedKinesis scripted = new ScriptedKinesis(loop);

  private HeadraceProducer producer() {
    var settings =
        ProducerSettings.DEFAULT
            .withoutRateLimit()
            .lingering(Duration.ZERO)
            .livingFor(Duration.ofSeconds(5));
    return new HeadraceProducer(scripted.calls(), settings, Patience.SINCE_PUT, () -> {});
  }

  @Test
  void a_record_may_be_stored_unless_the_service_said_that_it_is_not() {
    assertThat(mayBeStoredAfter(entryAnswered("InternalFailure", null))).isTrue();
    assertThat(mayBeStoredAfter(entryAnswered(null, null))).as("no sequence number").isTrue();
    assertThat(mayBeStoredAfter(ScriptedKinesis.failing("InternalFailure", 500))).isTrue();
    assertThat(mayBeStoredAfter(ScriptedKinesis.failing("RequestTimeout", 408))).isTrue();
    var fault = new IllegalStateException("the client fell over the answer");
    assertThat(mayBeStoredAfter(ScriptedKinesis.failing(fault))).isTrue();
    var cut = SdkClientException.create("failed", new IOException("connection closed"));
    assertThat(mayBeStoredAfter(ScriptedKinesis.failing(cut))).isTrue();

    var busy = entryAnswered("ProvisionedThroughputExceededException", null);
    assertThat(mayBeStoredAfter(busy)).isFalse();
    assertThat(mayBeStoredAfter(ScriptedKinesis.failing("ValidationException", 400))).isFalse();
    assertThat(mayBeStoredAfter(ScriptedKinesis.failing("AccessDeniedException", 400))).isFalse();
  }

  /** Of a record of which nothing more is heard after this answer but that the stream is busy. */
  private boolean mayBeStoredAfter(CompletableFuture<PutRecordsResponse> answer) {
    scripted.puts.add(answer);
    for (int i = 0; i < 100; i++) {
      scripted.puts.add(ScriptedKinesis.failing("ProvisionedThroughputExceededException", 400));
    }
    var producer = producer();
    var stage = producer.put(entry("a")).toCompletableFuture();
    loop.advance(Duration.ofSeconds(20));
    scripted.puts.clear();
    return failureOf(stage).mayBeStored();
  }

  private static CompletableFuture<PutRecordsResponse> entryAnswered(
      @Nullable String errorCode, @Nullable String sequenceNumber) {
    return CompletableFuture.completedFuture(
        PutRecordsResponse.builder()
            .records(
                PutRecordsResultEntry.builder()
                    .errorCode(errorCode)
                    .shardId(errorCode == null ? "shardId-000000000000" : null)
                    .sequenceNumber(sequenceNumber)
                    .build())
            .build());
  }

  @Test
  void of_a_put_of_several_one_may_be_stored_where_another_failed() {
    scripted.puts.add(
        CompletableFuture.completedFuture(
            PutRecordsResponse.builder()
                .records(
                    PutRecordsResultEntry.builder()
                        .shardId("shardId-000000000000")
                        .sequenceNumber("1")
                        .build(),
                    PutRecordsResultEntry.builder()
                        .errorCode("ProvisionedThroughputExceededException")
                        .build())
                .build()));
    for (int i = 0; i < 100; i++) {
      scripted.puts.add(ScriptedKinesis.failing("ProvisionedThroughputExceededException", 400));
    }
    var producer = producer();
    var stage = producer.putAll(List.of(entry("a"), entry("b"))).toCompletableFuture();
    loop.advance(Duration.ofSeconds(20));

    assertThat(failureOf(stage).reason()).isEqualTo(Reason.EXPIRED);
    assertThat(failureOf(stage).mayBeStored()).as("the first one is").isTrue();
  }

  private static Entry entry(String key) {
    return new Entry(key, new byte[] {1});
  }
}
