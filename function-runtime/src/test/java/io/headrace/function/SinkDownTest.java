package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A dead-letter sink that can't be written, on a simulated loop. */
class SinkDownTest {
  @TempDir Path folder;
  private final SimulatedLoop loop = new SimulatedLoop(5);
  private final SplittableRandom random = new SplittableRandom(5);
  private final InMemoryStreams streams = new InMemoryStreams("kinesis");
  private final InMemoryCheckpointStore checkpoints = new InMemoryCheckpointStore();
  private final InMemoryStream in = streams.create("in", 1, loop);
  private final List<Outcome> settled = new ArrayList<>();
  private int refused;

  private FunctionRuntime runtime(DeadLetters sink) {
    return FunctionRuntime.named("app")
        .on(loop, loop, loop, random)
        .leasesIn(new InMemoryLeaseTable())
        .checkpointsIn(checkpoints)
        .connecting(streams)
        .deadLettersIn(sink)
        .observedBy(
            new RuntimeListener() {
              @Override
              public void on(Object event) {
                if (event instanceof WorkerEvent.Settled one) {
                  settled.add(one.outcome());
                }
              }
            })
        .run(
            FunctionSpec.named("refusing")
                .reading(Rig.input())
                .retrying(RetryPolicy.upTo(0))
                .handledBy(
                    () ->
                        (event, out) -> {
                          refused++;
                          throw new IllegalStateException("refused");
                        },
                    Destination.nowhere()));
  }

  @Test
  void its_record_waits_and_health_says_so_until_it_can_be_written_again() throws Exception {
    var blocked = Files.createFile(folder.resolve("letters"));
    var running = runtime(DeadLetters.inFile(blocked)).start();
    var unused = in.put("a", "1".getBytes(UTF_8));
    loop.advance(Duration.ofSeconds(60));

    assertThat(settled).isEmpty();
    assertThat(running.health().alive()).isTrue();
    assertThat(running.health().reasons()).hasSize(1);
    assertThat(running.health().reasons().get(0))
        .contains("function refusing", "refusing.ndjson can't be written, and what it is to get");
    assertThat(checkpoints.letters().ofFunction("refusing").toCompletableFuture().join().letters())
        .isEmpty();

    Files.delete(blocked);
    loop.advance(Duration.ofSeconds(60));

    assertThat(settled).containsExactly(Outcome.DEAD_LETTERED);
    assertThat(running.health().reasons()).isEmpty();
    assertThat(Files.readAllLines(blocked.resolve("refusing.ndjson"))).hasSize(1);
    assertThat(checkpoints.letters().ofFunction("refusing").toCompletableFuture().join().letters())
        .hasSize(1);
  }

  @Test
  void a_sink_of_the_users_that_misbehaves_is_one_that_is_down_and_no_end_of_the_shard() {
    var answers = new ArrayDeque<CompletionStage<?>>();
    var late = new CompletableFuture<Void>();
    answers.add(CompletableFuture.failedFuture(new IllegalStateException("down")));
    answers.add(late);
    var asked = new int[1];
    var queue = DeadLetters.inQueue(URI.create("https://sqs.eu-west-1.amazonaws.com/1/letters"));
    var sink =
        new LetterSink() {
          @Override
          public String name() {
            return "mine";
          }

          @Override
          @SuppressWarnings("NullAway") // As a sink of the user's may.
          public CompletionStage<?> put(List<? extends SinkLetter> letters) {
            asked[0]++;
            return switch (asked[0]) {
              case 1 -> null;
              case 2 -> throw new IllegalStateException("down");
              default -> answers.remove();
            };
          }

          @Override
          public void close() {}
        };
    var running = runtime(queue).connecting((LetterConnector) to -> Optional.of(sink)).start();
    var unused = in.put("a", "1".getBytes(UTF_8));
    loop.advance(Duration.ofSeconds(20));

    assertThat(asked[0]).isEqualTo(4);
    assertThat(settled).as("the sink has not answered").isEmpty();
    assertThat(refused).as("its shard has not begun anew").isEqualTo(1);

    assertThat(late.complete(null)).isTrue();
    loop.advance(Duration.ofSeconds(5));

    assertThat(settled).containsExactly(Outcome.DEAD_LETTERED);
    assertThat(running.health().reasons()).isEmpty();
  }

  @Test
  void a_sink_that_nobody_opens_is_refused_at_the_start_with_what_to_give() {
    var queue = DeadLetters.inQueue(URI.create("https://sqs.eu-west-1.amazonaws.com/1/letters"));

    assertThatThrownBy(() -> runtime(queue).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("https://sqs.eu-west-1.amazonaws.com/1/letters")
        .hasMessageContaining("give one by connecting(...)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stream:",
        "s3://",
        "s3://Letters/x",
        "s3://letters/x/",
        "https://sqs.eu-west-1.amazonaws.com/letters",
        "https://sqs.eu-west-1.amazonaws.com/1/letters.txt"
      })
  void what_is_no_sink_is_refused(String text) {
    assertThatThrownBy(() -> DeadLetters.parse(text, folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("dead-letter ");
  }

  @Test
  void sinks_are_read_as_settings_write_them() {
    assertThat(DeadLetters.parse("letters", folder))
        .isEqualTo(DeadLetters.inFile(folder.resolve("letters")));
    assertThat(DeadLetters.parse("stream:bad", folder)).isEqualTo(DeadLetters.toStream("bad"));
    assertThat(DeadLetters.parse("s3://bucket", folder))
        .isEqualTo(DeadLetters.inBucket("bucket", ""));
    assertThat(DeadLetters.parse("s3://bucket/a/b", folder))
        .isEqualTo(DeadLetters.inBucket("bucket", "a/b"));
    assertThat(DeadLetters.parse("http://127.0.0.1:9324/000000000000/bad.fifo", folder))
        .isEqualTo(DeadLetters.inQueue(URI.create("http://127.0.0.1:9324/000000000000/bad.fifo")));
  }

  @Test
  void a_letter_that_is_too_large_says_so_in_place_of_its_payload() {
    var letter =
        new DeadLetter(
            "f", "in/s/1:0", "k", loop.now(), loop.now(), 1, "Bad", "X", "m", "QUJD".repeat(100));

    assertThat(new String(letter.json(10_000), UTF_8)).isEqualTo(letter.toJson());
    assertThat(new String(letter.json(300), UTF_8))
        .contains("\"payload\":\"\"", "\"leftOut\":\"a payload of about 300 bytes")
        .contains("headrace redrive plays it");
  }
}
