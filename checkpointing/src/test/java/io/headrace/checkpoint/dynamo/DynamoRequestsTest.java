package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.headrace.checkpoint.CheckpointStore.End;
import io.headrace.checkpoint.EndedParent;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.checkpoint.WriteClaim;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** What goes over the wire, with the SDK's own client, when the service is out of sorts. */
class DynamoRequestsTest {
  private static final String PREFIX = "{\"__type\":\"com.amazonaws.dynamodb.v20120810#";
  private static final String CONFLICT = PREFIX + "TransactionConflictException\"}";
  private static final String CANCELLED =
      PREFIX
          + "TransactionCanceledException\",\"CancellationReasons\":"
          + "[{\"Code\":\"None\"},{\"Code\":\"TransactionConflict\"}]}";
  private static final String THROTTLED =
      PREFIX + "ProvisionedThroughputExceededException\",\"message\":\"slow down\"}";
  private static final String SEALED =
      "{\"Attributes\":{\"f\":{\"N\":\"1\"},\"r\":{\"N\":\"1\"},\"own\":{\"S\":\"ann#1\"},\"ep\":{\"N\":\"1\"},\"rev\":{\"N\":\"1\"},"
          + "\"nonce\":{\"S\":\"n\"},\"seals\":{\"N\":\"1\"}}}";

  private static final Queue<Reply> replies = new ConcurrentLinkedQueue<>();
  private static final Queue<String> bodies = new ConcurrentLinkedQueue<>();
  private static HttpServer server;
  private static DynamoDbAsyncClient client;
  private static DynamoCheckpointStore store;

  private record Reply(int status, String body) {}

  @BeforeAll
  static void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          var reply = replies.size() > 1 ? replies.remove() : replies.element();
          var bytes = reply.body.getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "application/x-amz-json-1.0");
          exchange.sendResponseHeaders(reply.status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    client =
        DynamoDbAsyncClient.builder()
            .endpointOverride(URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("id", "none")))
            .build();
    // Without a limit, as a first request has the client's classes loaded and may take seconds.
    replies.add(new Reply(200, "{}"));
    client.listTables().join();
    store = new DynamoCheckpointStore(client, "headrace", "app");
  }

  @AfterAll
  static void stop() {
    client.close();
    server.stop(0);
  }

  @BeforeEach
  void forget() {
    replies.clear();
    bodies.clear();
  }

  @Test
  void one_call_is_one_request_though_the_service_fails() {
    replies.add(new Reply(500, "{}"));

    assertThat(faultOf(store.seal(progress("s0"), token("ann", 1), "n")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("s0!totals")
        .hasMessageContaining("headrace");
    assertThat(bodies).hasSize(1);
  }

  @Test
  void a_throttled_call_is_told_to_the_caller_and_not_repeated() {
    replies.add(new Reply(400, THROTTLED));

    assertThat(faultOf(store.seal(progress("s0"), token("ann", 1), "n")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("slow down");
    assertThat(faultOf(store.end(end()))).isInstanceOf(CheckpointException.class);
    assertThat(bodies).hasSize(2);
  }

  @Test
  void a_write_that_meets_a_transaction_is_sent_again_and_nothing_is_lost() {
    replies.add(new Reply(400, CONFLICT));
    replies.add(new Reply(400, CONFLICT));
    replies.add(new Reply(200, SEALED));

    assertThat(answer(store.seal(progress("s0"), token("ann", 1), "n")).token())
        .isEqualTo(token("ann", 1));
    assertThat(bodies).hasSize(3);
    assertThat(bodies.stream().distinct()).hasSize(1);
  }

  @Test
  void a_transaction_that_meets_a_write_is_sent_again_under_the_same_name() {
    replies.add(new Reply(400, CANCELLED));
    replies.add(new Reply(200, "{}"));

    assertThat(answer(store.end(end()))).isEqualTo(new WriteAnswer.Applied());
    assertThat(bodies).hasSize(2).first().asString().contains("ClientRequestToken");
    assertThat(bodies.stream().distinct()).hasSize(1);
  }

  @Test
  void a_conflict_that_does_not_end_is_told_to_the_caller() {
    replies.add(new Reply(400, CONFLICT));

    assertThat(faultOf(store.seal(progress("s0"), token("ann", 1), "n")))
        .isInstanceOf(CheckpointException.class);
    assertThat(bodies).hasSize(DynamoCheckpointStore.CONFLICT_TRIES_MAX);
  }

  @Test
  void a_seal_is_one_request_that_is_also_the_read() {
    replies.add(new Reply(200, SEALED));

    answer(store.seal(progress("s0"), token("ann", 1), "n"));

    assertThat(bodies).hasSize(1);
    assertThat(bodies.element()).contains("ALL_NEW").contains("ALL_OLD");
  }

  private static End end() {
    var claim = new WriteClaim(progress("s0"), token("ann", 1), 1, "n", "attempt");
    var left = new EndedParent(1, StartingPosition.TRIM_HORIZON, parts("root"));
    return new End(claim, Progress.NONE, left, List.of(shard("s1", "s0")));
  }
}
