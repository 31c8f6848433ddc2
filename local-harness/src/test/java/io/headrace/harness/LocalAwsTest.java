package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;

@Timeout(60)
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
    int kinesisPort = freePort();
    try (var holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> LocalAws.start(kinesisPort, holder.getLocalPort()))
          .isInstanceOf(LocalServerException.class)
          .hasMessageContaining(Integer.toString(holder.getLocalPort()));
    }

    try (var aws = LocalAws.start(kinesisPort, 0)) {
      assertThat(aws.kinesisEndpoint().getPort()).isEqualTo(kinesisPort);
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
