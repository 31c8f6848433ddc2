package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * A server on a folder is killed with kill -9 at random moments while writers put records and
 * shards are split and merged. What was acknowledged must be there each time it comes back.
 *
 * <p>The property {@code headrace.kills} says how often, 5 times by default, and {@code
 * headrace.kills.seed} repeats a run's choices as far as the machine lets it.
 */
class KillTest {
  private static final int KILLS = Integer.getInteger("headrace.kills", 5);
  private static final int KILLS_PER_STREAM = 10;
  private static final long SEED = Long.getLong("headrace.kills.seed", System.nanoTime());

  @TempDir Path folder;

  @Test
  void what_was_acknowledged_is_there_after_each_kill_in_order_and_byte_for_byte()
      throws Exception {
    System.out.println("seed of the kills: " + SEED);
    Random random = new Random(SEED);
    ExecutorService threads = Executors.newCachedThreadPool();
    Ledger ledger = new Ledger("life-0");
    try {
      for (int kill = 0; kill < KILLS; kill++) {
        if (kill % 7 == 6) {
          // Also while it starts.
          kill(spawn(random), random.nextInt(600));
        }
        Process server = spawn(random);
        try (KinesisAsyncClient client =
            Clients.withoutRetries(endpoint(server), Protocol.HTTP1_1)) {
          if (kill % KILLS_PER_STREAM == 0) {
            ledger = nextLife(client, ledger, kill);
          } else {
            ledger.check(client);
          }
          KillLoad load = new KillLoad(client, ledger, random.nextLong());
          Future<?> running = threads.submit(load);
          kill(server, 200 + random.nextInt(2_300));
          load.stop();
          running.get(60, TimeUnit.SECONDS);
        } finally {
          server.destroyForcibly().waitFor();
        }
      }
      Process server = spawn(random);
      try (KinesisAsyncClient client = Clients.withoutRetries(endpoint(server), Protocol.HTTP1_1)) {
        ledger.check(client);
      } finally {
        server.destroyForcibly().waitFor();
      }
      System.out.println(ledger.summary());
    } finally {
      threads.shutdownNow();
    }
  }

  private static Ledger nextLife(KinesisAsyncClient client, Ledger last, int kill) {
    if (kill > 0) {
      last.check(client);
      client.deleteStream(r -> r.streamName(last.stream()).enforceConsumerDeletion(true)).join();
    }
    Ledger next = new Ledger("life-" + kill, last);
    client.createStream(r -> r.streamName(next.stream()).shardCount(4)).join();
    assertThat(client.listStreams().join().streamNames()).containsExactly(next.stream());
    return next;
  }

  private Process spawn(Random random) throws IOException {
    Fsync[] policies = Fsync.values();
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            KillableServer.class.getName(),
            folder.resolve("data").toString(),
            policies[random.nextInt(policies.length)].name())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static URI endpoint(Process server) throws IOException {
    String line =
        new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    assertThat(line).as("the server's first line").startsWith("http://");
    return URI.create(line);
  }

  // SIGKILL: nothing in the process runs any more.
  private static void kill(Process server, int afterMillis) throws InterruptedException {
    boolean ended = server.waitFor(afterMillis, TimeUnit.MILLISECONDS);
    assertThat(ended).as("the server ended by itself").isFalse();
    server.destroyForcibly().waitFor();
  }
}
