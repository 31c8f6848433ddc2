package io.headrace.acceptance.fanout;

import io.headrace.kcl.Position;
import io.headrace.kcl.loop.ThreadedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/**
 * The producer: a round a second, each with a record of the next few keys, one request at a time.
 * Its loop puts; any thread may ask.
 */
final class NumberedRecords implements AutoCloseable {
  static final int PER_ROUND = 5;
  private static final int ROUNDS_PER_TURN = 4;
  private static final Duration APART = Duration.ofSeconds(1);

  private final KinesisAsyncClient client;
  private final String stream;
  private final int roundsMax;
  private final RecordJudge judge;
  private final Numbered.Text text = new Numbered.Text();
  private final ThreadedLoop loop;
  private volatile int rounds;
  private long began;

  NumberedRecords(KinesisAsyncClient client, String stream, int roundsMax, RecordJudge judge) {
    this.client = client;
    this.stream = stream;
    this.roundsMax = roundsMax;
    this.judge = judge;
    this.loop = ThreadedLoop.start("producer", thrown -> judge.fault("the producer: " + thrown));
  }

  void begin() {
    loop.execute(
        () -> {
          began = loop.ticks();
          put();
        });
  }

  /** How many are stored. */
  int rounds() {
    return rounds;
  }

  private void put() {
    var values = new ArrayList<Numbered>();
    for (int i = 0; i < PER_ROUND; i++) {
      int key = rounds % ROUNDS_PER_TURN * PER_ROUND + i;
      values.add(new Numbered("key-" + key, rounds / ROUNDS_PER_TURN));
    }
    var entries =
        values.stream()
            .map(
                value ->
                    PutRecordsRequestEntry.builder()
                        .partitionKey(value.key())
                        .data(SdkBytes.fromByteArray(text.encode(value)))
                        .build())
            .toList();
    CompletionStage<PutRecordsResponse> putting =
        client.putRecords(r -> r.streamName(stream).records(entries));
    putting.whenComplete((answer, failure) -> loop.execute(() -> stored(values, answer, failure)));
  }

  private void stored(
      List<Numbered> values, @Nullable PutRecordsResponse answer, @Nullable Throwable failure) {
    if (answer == null || answer.failedRecordCount() != 0) {
      judge.fault("a put failed: " + answer + ", " + failure);
      return;
    }
    for (int i = 0; i < PER_ROUND; i++) {
      var result = answer.records().get(i);
      judge.put(values.get(i), result.shardId(), Position.of(result.sequenceNumber()));
    }
    int done = rounds + 1;
    rounds = done;
    if (done < roundsMax) {
      long next = began + done * APART.toNanos();
      loop.schedule(Duration.ofNanos(Math.max(0, next - loop.ticks())), this::put);
    }
  }

  @Override
  public void close() {
    loop.close();
  }
}
