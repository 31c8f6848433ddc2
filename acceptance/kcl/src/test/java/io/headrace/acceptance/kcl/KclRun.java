package io.headrace.acceptance.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.bench.rig.ConsumerSettings.Reading;
import java.net.URI;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.leases.exceptions.LeasingException;

/** One run: a stream is written, split and merged while the library reads it to the end. */
final class KclRun {
  private static final String STREAM = "judged";

  private final URI kinesis;
  private final URI dynamoDb;
  private final Reading reading;
  private final Written written;
  private final Deliveries deliveries;
  private final long seed = System.nanoTime();
  private final long began = System.nanoTime();
  private final Duration limit;

  /**
   * @param limit how long each part of the run may take
   */
  KclRun(URI kinesis, URI dynamoDb, Reading reading, int records, Duration limit) {
    this.kinesis = kinesis;
    this.dynamoDb = dynamoDb;
    this.reading = reading;
    this.written = new Written(records, seed);
    this.deliveries = new Deliveries(written);
    this.limit = limit;
  }

  /** The reader stands at the tip of each shard when {@code pause} runs and when it closes. */
  void readsAtTheTip(Runnable pause) throws InterruptedException, LeasingException {
    try (var client = client()) {
      var stream = new ReshardedStream(client, STREAM, written);
      stream.create();
      try (var worker = Judged.restart(kinesis, dynamoDb, STREAM, reading, deliveries)) {
        int first = stream.writeFirstThird();
        await(() -> deliveries.distinct() == first);
        pause.run();
        int second = stream.splitAndWriteSecondThird();
        await(() -> deliveries.distinct() == second);
        pause.run();
        stream.mergeAndWriteTheRest();
        readsToTheEnd(stream);
      }
    }
  }

  /** The reader starts when much is there, and the writer does not wait for it. */
  void readsFromBehind() throws InterruptedException {
    try (var client = client()) {
      var stream = new ReshardedStream(client, STREAM, written);
      stream.create();
      stream.writeFirstThird();
      try (var worker = Judged.start(kinesis, dynamoDb, STREAM, reading, deliveries)) {
        await(() -> deliveries.distinct() > 0);
        stream.splitAndWriteSecondThird();
        stream.mergeAndWriteTheRest();
        readsToTheEnd(stream);
      }
    }
  }

  private void readsToTheEnd(ReshardedStream stream) {
    double writing = seconds();
    var closed = stream.closedShards();
    await(() -> deliveries.complete(closed));
    System.out.printf(
        "KCL over %s, %s: %,d records written after %.1f s, read after %.1f s, ended: %s%n",
        kinesis.getScheme(), reading, deliveries.distinct(), writing, seconds(), closed);
    assertThat(deliveries.again()).as("records delivered again").isZero();
    assertThat(deliveries.faults()).as("seed %d", seed).isEmpty();
    assertThat(closed).hasSize(3);
    assertThat(deliveries.ended()).containsExactlyInAnyOrderElementsOf(closed);
    assertThat(deliveries.started()).containsExactlyInAnyOrderElementsOf(stream.shards());
  }

  /** The library tells nobody how far it is, hence the looking. */
  private void await(BooleanSupplier reached) {
    try {
      Awaitility.await()
          .pollInterval(Duration.ofMillis(20))
          .atMost(limit)
          .until(() -> reached.getAsBoolean() || !deliveries.faults().isEmpty());
    } catch (ConditionTimeoutException tooLate) {
      throw new AssertionError(
          "within %s: %s, seed %d".formatted(limit, deliveries, seed), tooLate);
    }
    assertThat(deliveries.faults()).as("seed %d", seed).isEmpty();
  }

  private double seconds() {
    return (System.nanoTime() - began) / 1e9;
  }

  private KinesisAsyncClient client() {
    return KinesisAsyncClient.builder()
        .endpointOverride(kinesis)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any")))
        .build();
  }
}
