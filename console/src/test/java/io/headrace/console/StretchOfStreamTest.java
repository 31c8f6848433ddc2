package io.headrace.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * One shard that gets a record, another five seconds later, is split, and whose children get more.
 */
class StretchOfStreamTest {
  private static final Duration STEP = Duration.ofSeconds(5);

  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final InMemoryStream stream = new InMemoryStream("in", 1, loop);
  private final List<List<Shard>> found = new ArrayList<>();
  private final Instant begun = loop.now();
  private final Shard parent = stream.shardsNow().get(0);
  private final List<Shard> children;

  StretchOfStreamTest() {
    put("a");
    loop.advance(STEP);
    put("b");
    loop.advance(STEP);
    children = stream.split(parent.id());
    put("c");
    put("d");
    loop.advance(STEP);
  }

  private void put(String text) {
    stream.put(text, text.getBytes(UTF_8));
  }

  /** What a reader of the shard gets until its end. */
  private List<String> read(Shard shard, Instant to) {
    var read = new ArrayList<String>();
    var stretch = new StretchOfStream(stream, to, found::add);
    var cursor = stretch.open(shard, StartingPosition.TRIM_HORIZON);
    for (int fetch = 0; fetch < 10; fetch++) {
      var answer = cursor.fetch(1_000_000).toCompletableFuture();
      loop.advance(Duration.ofSeconds(2));
      assertThat(answer).as("a fetch is answered").isDone();
      if (answer.join() instanceof Fetched.End end) {
        end.children().forEach(child -> read.add("then " + child.id()));
        return read;
      }
      if (answer.join() instanceof Fetched.Records records) {
        records.records().forEach(record -> read.add(record.key().text()));
      }
    }
    throw new AssertionError("there is no end: " + read);
  }

  private List<String> thenChildren(String... before) {
    var all = new ArrayList<>(List.of(before));
    children.forEach(child -> all.add("then " + child.id()));
    return all;
  }

  @Test
  void a_shard_that_was_split_later_ends_at_the_moment_and_its_children_are_empty() {
    var to = begun.plus(STEP);
    assertThat(read(parent, to)).as("b arrived just then").isEqualTo(thenChildren("a"));
    for (var child : children) {
      assertThat(read(child, to)).isEmpty();
    }
  }

  @Test
  void shards_that_are_open_end_at_their_tip() {
    var to = begun.plus(STEP.multipliedBy(3));
    assertThat(read(parent, to)).isEqualTo(thenChildren("a", "b"));
    var ofChildren = new ArrayList<String>();
    children.forEach(child -> ofChildren.addAll(read(child, to)));
    assertThat(ofChildren).containsExactlyInAnyOrder("c", "d");
  }

  @Test
  void whoever_lists_the_shards_is_overheard() {
    var stretch = new StretchOfStream(stream, begun, found::add);
    assertThat(stretch.shards().toCompletableFuture().join()).hasSize(3);
    assertThat(found).containsExactly(stream.shardsNow());
  }
}
