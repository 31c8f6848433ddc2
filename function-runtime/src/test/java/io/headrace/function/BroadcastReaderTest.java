package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.Fetched;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class BroadcastReaderTest {
  private static final Duration SETTLING = Duration.ofSeconds(10);

  private final SimulatedLoop loop =
      new SimulatedLoop(1).startingAt(Instant.parse("2026-01-01T00:00:00Z"));
  private final InMemoryStream stream = new InMemoryStream("rules", 2, loop);
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final List<FunctionEvent> events = new ArrayList<>();
  private final Broadcast<String> broadcast =
      Broadcast.of(StreamSource.kinesis("rules"), new Texts()).settlingFor(SETTLING);
  private final Downable downable = new Downable(stream);

  /** The stream, which can be cut off. */
  private static final class Downable implements ShardedStream {
    private final InMemoryStream stream;
    private boolean down;
    private boolean anew;

    /** One record an answer, each as if it were at the tip: what Kinesis says of an answer cut. */
    private boolean cutting;

    Downable(InMemoryStream stream) {
      this.stream = stream;
    }

    private static Fetched atTip(Fetched fetched) {
      return fetched instanceof Fetched.Records read
          ? new Fetched.Records(read.records(), Duration.ZERO)
          : fetched;
    }

    private <T> CompletionStage<T> unless(CompletionStage<T> answer) {
      return down
          ? CompletableFuture.failedFuture(
              new StreamException(StreamException.Kind.RETRYABLE, "stream rules is cut off"))
          : answer;
    }

    @Override
    public String name() {
      return stream.name();
    }

    /** A stream of that name that has none of these shards. */
    void madeAnew() {
      anew = true;
    }

    @Override
    public CompletionStage<StreamId> identify() {
      return unless(
          stream
              .identify()
              .thenApply(id -> anew ? new StreamId(id.name(), id.created().plusSeconds(60)) : id));
    }

    @Override
    public CompletionStage<List<Shard>> shards() {
      return unless(anew ? CompletableFuture.completedFuture(List.of()) : stream.shards());
    }

    @Override
    public ShardCursor open(Shard shard, StartingPosition from) {
      var cursor = stream.open(shard, from);
      return new ShardCursor() {
        @Override
        public CompletionStage<Fetched> fetch(long bytesMax) {
          if (anew) {
            return CompletableFuture.failedFuture(
                new StreamException(StreamException.Kind.NOT_FOUND, "no such shard"));
          }
          if (cutting) {
            return cursor.fetch(1).thenApply(Downable::atTip);
          }
          return down ? unless(new CompletableFuture<>()) : cursor.fetch(bytesMax);
        }

        @Override
        public void close() {
          cursor.close();
        }
      };
    }

    @Override
    public void close() {}
  }

  private BroadcastReader<String> reader() {
    return reader(broadcast, chunks);
  }

  private BroadcastReader<String> reader(Broadcast<String> of, ChunkStore keptIn) {
    var worker =
        new BroadcastReader.Worker("app", loop, new SplittableRandom(1), loop, keptIn, events::add);
    var reader = new BroadcastReader<>(of, downable, worker, List.of("f"));
    reader.begin();
    return reader;
  }

  private void put(String version) {
    var unused = stream.put(version, version.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private void seconds(long seconds) {
    loop.advance(Duration.ofSeconds(seconds));
  }

  /** For a record that arrives now. */
  private Optional<String> inForce(BroadcastReader<String> reader) {
    return reader.inForce(loop.now(), loop.now()).map(Version::value);
  }

  @Test
  void the_last_version_of_all_shards_is_in_force_once_it_has_settled() {
    put("one");
    put("two");
    var reader = reader();
    seconds(9);
    assertThat(inForce(reader)).isEmpty();
    seconds(1);
    assertThat(inForce(reader)).isPresent();
    put("three");
    seconds(9);
    assertThat(inForce(reader)).isNotEqualTo(Optional.of("three"));
    seconds(1);
    assertThat(inForce(reader)).contains("three");
    assertThat(events).hasSize(3).allMatch(FunctionEvent.VersionRead.class::isInstance);
  }

  @Test
  void versions_are_read_on_through_a_split_and_a_merge() {
    var reader = reader();
    seconds(2);
    for (int i = 1; i <= 20; i++) {
      put("v" + i);
      if (i == 5) {
        var unused = stream.split(stream.openShards().get(0).id());
      } else if (i == 12) {
        var open = stream.openShards();
        var unused = stream.merge(open.get(1).id(), open.get(2).id());
      }
      seconds(10);
      assertThat(inForce(reader)).contains("v" + i);
    }
  }

  @Test
  void a_worker_answers_nothing_before_it_has_read_all_and_while_the_stream_is_away_too_long() {
    put("one");
    downable.down = true;
    var reader = reader();
    seconds(20);
    assertThatThrownBy(() -> inForce(reader))
        .isInstanceOf(Unavailable.class)
        .hasMessage("broadcast rules is unavailable");
    assertThat(reader.sentences())
        .containsExactly("broadcast rules: can't be read, stream rules is cut off");

    downable.down = false;
    seconds(6);
    assertThat(inForce(reader)).contains("one");
    assertThat(reader.sentences()).isEmpty();

    downable.down = true;
    seconds(2);
    assertThat(inForce(reader)).contains("one");
    seconds(5);
    assertThatThrownBy(() -> inForce(reader)).isInstanceOf(Unavailable.class);
    put("two");
    seconds(60);
    downable.down = false;
    seconds(6);
    assertThat(inForce(reader)).contains("two");
  }

  @Test
  void what_the_stream_has_forgotten_is_known_to_workers_that_begin_later() {
    put("one");
    put("two");
    reader();
    seconds(3);
    for (var shard : stream.openShards()) {
      for (var record : stream.recordsOf(shard.id())) {
        stream.trim(shard.id(), record.position());
      }
    }
    put("three");
    seconds(20);
    for (var shard : stream.openShards()) {
      for (var record : stream.recordsOf(shard.id())) {
        stream.trim(shard.id(), record.position());
      }
    }
    events.clear();
    var later = reader();
    seconds(1);

    assertThat(inForce(later)).contains("three");
    assertThat(events).filteredOn(FunctionEvent.VersionRead.class::isInstance).hasSize(3);
    assertThat(events).noneMatch(FunctionEvent.VersionsMissing.class::isInstance);
  }

  @Test
  void versions_that_the_stream_lost_before_anyone_read_them_are_told() {
    put("one");
    var former = reader();
    seconds(3);
    former.close();
    put("one"); // The same key, so that it lies in the same shard.
    put("one");
    for (var shard : stream.openShards()) {
      var records = stream.recordsOf(shard.id());
      if (!records.isEmpty()) {
        stream.trim(shard.id(), records.get(1).position());
      }
    }
    reader();
    seconds(3);

    assertThat(events).filteredOn(FunctionEvent.VersionsMissing.class::isInstance).hasSize(1);
  }

  @Test
  void what_is_no_version_is_refused_by_name_and_the_former_one_stays_in_force() {
    put("one");
    var reader = reader();
    seconds(10);
    var bad = stream.put("one", "bad".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    seconds(10);

    assertThat(inForce(reader)).contains("one");
    assertThat(events)
        .filteredOn(FunctionEvent.VersionRefused.class::isInstance)
        .first()
        .hasFieldOrPropertyWithValue("position", bad)
        .hasFieldOrPropertyWithValue("code", "Undecodable");
    assertThat(reader.sentences()).singleElement().asString().contains("refused (Undecodable)");

    put("one");
    seconds(10);
    assertThat(reader.sentences()).isEmpty();
  }

  @Test
  void an_answer_that_was_cut_short_is_not_the_end_of_the_stream() {
    put("one");
    put("one"); // The same key, so that it lies in the same shard.
    var last = stream.put("one", "two".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    seconds(10);
    downable.cutting = true;
    var reader = reader();
    loop.advance(Duration.ofMillis(500));
    assertThat(events)
        .filteredOn(FunctionEvent.VersionRead.class::isInstance)
        .last()
        .hasFieldOrPropertyWithValue("position", last);
    seconds(2);
    assertThat(inForce(reader)).contains("two");
  }

  @Test
  void a_version_that_a_list_of_what_is_kept_left_out_is_read_from_the_stream() {
    put("one");
    put("one");
    reader();
    seconds(10);
    events.clear();
    var leavesOut =
        new ForwardingChunkStore(chunks) {
          @Override
          public CompletionStage<List<String>> names(String directory, Optional<String> after) {
            return super.names(directory, after)
                .thenApply(all -> all.isEmpty() ? all : all.subList(all.size() - 1, all.size()));
          }
        };
    var later = reader(broadcast, leavesOut);
    seconds(2);

    assertThat(inForce(later)).contains("one");
    assertThat(events).hasSize(2).allMatch(FunctionEvent.VersionRead.class::isInstance);
  }

  @Test
  void a_codec_that_can_not_tell_now_is_asked_again_and_refuses_nothing() {
    var registry = new boolean[] {true};
    var texts = new Texts();
    Codec<String> asking =
        new Codec<>() {
          @Override
          public byte[] encode(String value) {
            return texts.encode(value);
          }

          @Override
          public String decode(byte[] bytes, int version) {
            if (registry[0]) {
              throw new Unavailable("schemas", Duration.ZERO, null);
            }
            return texts.decode(bytes, version);
          }
        };
    put("one");
    var reader =
        reader(Broadcast.of(StreamSource.kinesis("rules"), asking).settlingFor(SETTLING), chunks);
    seconds(20);
    assertThatThrownBy(() -> inForce(reader)).isInstanceOf(Unavailable.class);
    assertThat(events).isEmpty();
    assertThat(reader.sentences()).singleElement().asString().contains("schemas is unavailable");

    registry[0] = false;
    seconds(10);
    assertThat(inForce(reader)).contains("one");
  }

  @Test
  void of_records_that_are_no_versions_so_many_are_kept_and_no_more() {
    for (int i = 0; i < 1_100; i++) {
      put("bad");
    }
    put("one");
    var kept = new ArrayList<String>();
    var counting =
        new ForwardingChunkStore(chunks) {
          @Override
          public CompletionStage<Void> put(String name, byte[] bytes) {
            kept.add(name);
            return super.put(name, bytes);
          }
        };
    var reader = reader(broadcast, counting);
    seconds(10);
    assertThat(inForce(reader)).contains("one");
    assertThat(kept).hasSize(1_001);
  }

  @Test
  void a_stream_that_was_made_anew_is_not_taken_for_one_that_has_ended() {
    put("one");
    var reader = reader();
    seconds(10);
    downable.madeAnew();
    seconds(20);
    assertThatThrownBy(() -> inForce(reader)).isInstanceOf(Unavailable.class);
    assertThat(reader.sentences())
        .isNotEmpty()
        .allMatch(each -> each.contains("its stream was made anew: restart the worker"));
  }
}
