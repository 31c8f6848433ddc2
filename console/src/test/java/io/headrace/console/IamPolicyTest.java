package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.harness.LocalAws;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;

/** The policy that is printed against the calls that a worker made, in both directions. */
class IamPolicyTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;
  private LocalAws aws;

  @BeforeEach
  void start() {
    aws = LocalAws.start();
  }

  @AfterEach
  void stop() {
    aws.close();
  }

  @Test
  void a_worker_with_fan_out_calls_what_the_policy_allows_and_nothing_else() throws Exception {
    var file = file("retrieval: fan-out", "{leaseTime: 2s}");

    var policy = policy(file);

    var expected =
        without(
            actions(policy),
            IamPolicy.SWEEPS,
            IamPolicy.COUNTS_CONSUMERS,
            IamPolicy.FENCES_LETTERS);
    assertThat(calledBy(file, expected)).isEqualTo(expected);
    assertThat(policy.toString())
        .contains("arn:aws:kinesis:REGION:ACCOUNT:stream/words/consumer/app:*")
        .contains("arn:aws:dynamodb:REGION:ACCOUNT:table/headrace");
  }

  @Test
  void a_worker_that_polls_and_makes_no_table_needs_less() throws Exception {
    var file = file("retrieval: polling", "{leaseTime: 2s, createTable: never}");
    try (var services = AwsServices.at(RunCommand.endpoints(Settings.read(file)))) {
      services.leases("headrace").prepare().toCompletableFuture().join();
    }

    var allowed = actions(policy(file));

    var expected = without(allowed, IamPolicy.SWEEPS, IamPolicy.FENCES_LETTERS);
    assertThat(calledBy(file, expected)).isEqualTo(expected);
    assertThat(allowed)
        .doesNotContain(
            "dynamodb:CreateTable", "kinesis:SubscribeToShard", IamPolicy.COUNTS_CONSUMERS)
        .contains("kinesis:GetRecords", "kinesis:PutRecords");
  }

  /**
   * Runs a worker through all that a worker does, until what is expected was called, or nothing
   * more is to come; lists the actions of its requests.
   */
  private Set<String> calledBy(Path file, Set<String> expected) throws Exception {
    for (var stream : new String[] {"words", "relayed", "letters"}) {
      if (!aws.kinesis().listStreams().join().streamNames().contains(stream)) {
        aws.createStream(stream, 1);
      }
    }
    var settings = Settings.read(file);
    try (var application = Application.load(settings);
        var services = AwsServices.at(RunCommand.endpoints(settings))) {
      var ledger = new Ledger();
      try (var running =
          RunCommand.runtime(settings, application, services).observedBy(ledger).start()) {
        Awaitility.await().atMost(PATIENCE).until(() -> running.health().ready());
        put("one");
        put("");
        Awaitility.await().atMost(PATIENCE).until(() -> ledger.settled() == 2);
        split();
        put("two");
        Awaitility.await().atMost(PATIENCE).until(() -> ledger.settled() == 3);
        // A reader that polls once is enough; by fan-out it bridges the start of a subscription.
        Awaitility.await().atMost(PATIENCE).until(() -> called(services).containsAll(expected));
      }
      return called(services);
    }
  }

  private static Set<String> called(AwsServices services) {
    var actions = new TreeSet<String>();
    services.requests().keySet().forEach(operation -> actions.add(actionOf(operation)));
    return actions;
  }

  /** A transaction is allowed by the actions that it is made of, which are seen elsewhere. */
  private static String actionOf(String operation) {
    return operation.equals("dynamodb:TransactWriteItems") ? "dynamodb:UpdateItem" : operation;
  }

  private void put(String word) {
    aws.kinesis()
        .putRecord(
            put ->
                put.streamName("words")
                    .partitionKey("key")
                    .data(SdkBytes.fromUtf8String("{\"text\":\"" + word + "\"}")))
        .join();
  }

  private void split() {
    var open =
        aws.kinesis().listShards(list -> list.streamName("words")).join().shards().stream()
            .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
            .findFirst()
            .orElseThrow();
    var first = new BigInteger(open.hashKeyRange().startingHashKey());
    var last = new BigInteger(open.hashKeyRange().endingHashKey());
    aws.kinesis()
        .splitShard(
            split ->
                split
                    .streamName("words")
                    .shardToSplit(open.shardId())
                    .newStartingHashKey(first.add(last).shiftRight(1).toString()))
        .join();
    aws.kinesis().waiter().waitUntilStreamExists(wait -> wait.streamName("words")).join();
  }

  private static JsonNode policy(Path file) throws IOException {
    var run = CommandRun.of("iam", file.toString());
    assertThat(run.exitCode()).isZero();
    return new ObjectMapper().readTree(run.out());
  }

  /** What is called too rarely for a course of seconds: IamPolicy says when. */
  private static Set<String> without(Set<String> allowed, String... rare) {
    assertThat(allowed).contains(rare);
    var rest = new TreeSet<>(allowed);
    rest.removeAll(List.of(rare));
    return rest;
  }

  private static Set<String> actions(JsonNode policy) {
    var actions = new TreeSet<String>();
    policy
        .get("Statement")
        .forEach(
            statement -> statement.get("Action").forEach(action -> actions.add(action.asText())));
    return actions;
  }

  private Path file(String retrieval, String leases) throws IOException {
    return Files.writeString(
        folder.resolve("app.yaml"),
        """
        application: app
        aws:
          kinesisEndpoint: %s
          dynamoDbEndpoint: %s
        leases: %s
        %s
        functions:
          - class: io.headrace.console.app.Relaying
        """
            .formatted(aws.kinesisEndpoint(), aws.dynamoDbEndpoint(), leases, retrieval));
  }
}
