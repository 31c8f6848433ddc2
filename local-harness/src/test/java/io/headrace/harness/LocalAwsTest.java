package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.ThreadedLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;

@Timeout(180)
class LocalAwsTest {
  @Test
  void a_kinesis_port_that_is_in_use_is_named() throws IOException {
    try (var holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> LocalAws.start(holder.getLocalPort(), 0))
          .isInstanceOf(LocalServerException.class)
          .hasMessageContaining(Integer.toString(holder.getLocalPort()));
    }
  }

  @Test
  void when_dynamodb_cannot_start_kinesis_frees_its_port() throws IOException {
    // Between two uses of a port another process may get it; not so often in a row.
    boolean freed = false;
    for (int tries = 0; tries < 10 && !freed; tries++) {
      freed = freesPortOfKinesis();
    }
    assertThat(freed).isTrue();
  }

  private static boolean freesPortOfKinesis() throws IOException {
    int kinesisPort = freePort();
    try (var holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var refused =
          catchThrowableOfType(
              LocalServerException.class, () -> LocalAws.start(kinesisPort, holder.getLocalPort()));
      if (refused.getMessage().contains(Integer.toString(kinesisPort))) {
        return false;
      }
      assertThat(refused).hasMessageContaining(Integer.toString(holder.getLocalPort()));
    }
    try (var aws = LocalAws.start(kinesisPort, 0)) {
      assertThat(aws.kinesisEndpoint().getPort()).isEqualTo(kinesisPort);
      return true;
    } catch (LocalServerException taken) {
      return false;
    }
  }

  @Test
  void its_connector_reads_what_its_client_wrote() throws Exception {
    try (var loop = ThreadedLoop.start("local-aws-test", Throwable::printStackTrace);
        var aws = LocalAws.start()) {
      aws.createStream("orders", 1);
      aws.kinesis()
          .putRecord(
              put ->
                  put.streamName("orders").partitionKey("k").data(SdkBytes.fromUtf8String("one")))
          .join();

      try (var stream =
          aws.connector().open(StreamSource.kinesis("orders"), loop, new SplittableRandom(1))) {
        var shard = stream.shards().toCompletableFuture().join().get(0);
        try (var cursor = stream.open(shard, StartingPosition.TRIM_HORIZON)) {
          var fetched = (Fetched.Records) cursor.fetch(1 << 20).toCompletableFuture().join();
          assertThat(fetched.records()).hasSize(1);
          assertThat(fetched.records().get(0).payload().bytes())
              .isEqualTo("one".getBytes(StandardCharsets.UTF_8));
        }
      }
    }
  }

  /** Run as a process of its own: it must print nothing and end by itself. */
  static final class StartUseClose {
    public static void main(String[] args) {
      try (var aws = LocalAws.start()) {
        aws.createStream("orders", 1);
        aws.kinesis()
            .putRecord(
                put ->
                    put.streamName("orders")
                        .partitionKey("k")
                        .data(SdkBytes.fromUtf8String("value")))
            .join();
        aws.dynamoDb().listTables().join();
      }
    }
  }

  @Test
  void prints_nothing_and_leaves_no_thread_that_keeps_the_process_alive() throws Exception {
    var run = JavaProcess.run(StartUseClose.class);

    assertThat(run.output()).isEmpty();
    assertThat(run.exitCode()).isZero();
  }

  private static int freePort() throws IOException {
    try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }
}
