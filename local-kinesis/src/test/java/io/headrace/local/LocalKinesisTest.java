package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

class LocalKinesisTest {
  @Test
  void two_servers_in_one_jvm_share_nothing() {
    try (LocalKinesis first = LocalKinesis.start();
        LocalKinesis second = LocalKinesis.start()) {
      first.createStream("orders", 1);

      assertThat(first.endpoint()).isNotEqualTo(second.endpoint());
      assertThat(streams(first)).isEqualTo("[\"orders\"]");
      assertThat(streams(second)).isEqualTo("[]");
    }
  }

  @Test
  void a_port_in_use_is_one_exception_that_says_so() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      LocalKinesis.Builder builder = LocalKinesis.builder().port(taken.getLocalPort());

      assertThatThrownBy(builder::start)
          .isInstanceOf(LocalKinesisException.class)
          .hasMessage(
              "Port "
                  + taken.getLocalPort()
                  + " on 127.0.0.1 is taken by another program: stop that one, or choose another"
                  + " port (0 picks a free one).");
    }
  }

  @Test
  @Timeout(180)
  void it_closes_within_a_second_with_connections_open_and_gives_the_port_back()
      throws IOException {
    // A second at most by its own limits, and what a busy machine adds; Netty's own would be two.
    Eventually.isAsQuickAs(Duration.ofMillis(1_900), 10, LocalKinesisTest::closing);
  }

  private static Duration closing() throws IOException {
    LocalKinesis kinesis = LocalKinesis.start();
    int port = kinesis.endpoint().getPort();
    Duration took;
    try (KinesisAsyncClient client = Clients.standard(kinesis.endpoint());
        Socket silent = new Socket(InetAddress.getLoopbackAddress(), port)) {
      client.listStreams().join();
      silent.getOutputStream().write('P');

      long start = System.nanoTime();
      kinesis.close();
      took = Duration.ofNanos(System.nanoTime() - start);

      silent.setSoTimeout(60_000);
      assertThat(silent.getInputStream().read()).isEqualTo(-1);
    }
    awaitFree(port);
    return took;
  }

  /** Another process may have got the port meanwhile, for a connection of its own. */
  private static void awaitFree(int port) {
    Eventually.holds(() -> startsAt(port), Duration.ofSeconds(60), () -> "a server at " + port);
  }

  private static boolean startsAt(int port) {
    try {
      LocalKinesis.builder().port(port).start().close();
      return true;
    } catch (LocalKinesisException taken) {
      return false;
    }
  }

  @Test
  @Timeout(180)
  void nothing_is_left_of_a_server_that_was_closed() throws InterruptedException {
    // Threads that Netty keeps for all of its users are there from the first server on.
    start().close();
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    LocalKinesis first = start();
    LocalKinesis second = start();
    int port = first.endpoint().getPort();

    first.close();
    first.close();
    assertThat(streams(second)).isEqualTo("[]");
    second.close();

    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (!before.contains(thread) && thread.getName().startsWith("local-kinesis")) {
        thread.join(60_000);
        assertThat(thread.isAlive()).as(thread.getName()).isFalse();
      }
    }
    awaitFree(port);
  }

  @Test
  void it_starts_within_a_third_of_a_second_in_a_warm_jvm() throws IOException {
    Eventually.isAsQuickAs(
        Duration.ofMillis(300),
        100,
        () -> {
          long start = System.nanoTime();
          LocalKinesis kinesis = start();
          Duration took = Duration.ofNanos(System.nanoTime() - start);
          kinesis.close();
          return took;
        });
  }

  @Test
  void what_a_builder_cannot_use_it_refuses_by_name_and_value() {
    assertThatThrownBy(() -> LocalKinesis.builder().port(65_536))
        .hasMessage("port must be in 0..65535 but is 65536");
    assertThatThrownBy(() -> LocalKinesis.builder().memoryBytesMax(0))
        .hasMessage("memoryBytesMax must be positive but is 0");
    assertThatThrownBy(() -> LocalKinesis.builder().stateChangeTakes(Duration.ofMillis(-1)))
        .hasMessage("stateChangeTakes must not be negative but is PT-0.001S");
    try (LocalKinesis kinesis = LocalKinesis.start()) {
      assertThatThrownBy(() -> kinesis.createStream("a b", 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'a b'");
      assertThatThrownBy(() -> kinesis.createStream("a", 0))
          .hasMessage("shards must be at least 1 but is 0");
      kinesis.createStream("a", 1);
      assertThatThrownBy(() -> kinesis.createStream("a", 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Stream a under account 000000000000 already exists.");
    }
  }

  @Test
  void a_put_beyond_the_memory_says_which_limit_it_met() {
    try (LocalKinesis kinesis = LocalKinesis.builder().memoryBytesMax(10).start()) {
      kinesis.createStream("orders", 1);

      Wires.Answer answer =
          Wires.json(
              kinesis.endpoint(),
              "PutRecords",
              "{\"StreamName\":\"orders\",\"Records\":[{\"PartitionKey\":\"a\",\"Data\":\"\"}]}");

      assertThat(answer.body().toString())
          .isEqualTo(
              "{\"FailedRecordCount\":1,\"Records\":[{\"ErrorCode\":\"InternalFailure\","
                  + "\"ErrorMessage\":\"The local server holds 0 bytes of records, and its limit"
                  + " memoryBytesMax is 10.\"}]}");
    }
  }

  private static LocalKinesis start() {
    LocalKinesis kinesis = LocalKinesis.start();
    streams(kinesis);
    return kinesis;
  }

  private static String streams(LocalKinesis kinesis) {
    return Wires.json(kinesis.endpoint(), "ListStreams", "{}").body().get("StreamNames").toString();
  }
}
