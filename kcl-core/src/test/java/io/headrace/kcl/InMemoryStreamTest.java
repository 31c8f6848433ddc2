package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class InMemoryStreamTest extends ShardedStreamContract {
  private final SimulatedLoop loop = new SimulatedLoop(1);
  private final InMemoryStreams streams = new InMemoryStreams("memory");
  private InMemoryStream stream;

  @Override
  protected ShardedStream createStream(int shards) {
    stream = streams.create("orders", shards, loop);
    return stream;
  }

  @Override
  protected Position put(String partitionKey, byte[] data) {
    return stream.put(partitionKey, data);
  }

  @Override
  protected List<Position> putAggregated(List<StreamSink.Entry> parts) {
    return stream.putAggregated(parts);
  }

  @Override
  protected void split(ShardId parent) {
    stream.split(parent);
  }

  @Override
  protected void merge(ShardId left, ShardId right) {
    stream.merge(left, right);
  }

  @Override
  protected void trim(ShardId shard, Position through) {
    stream.trim(shard, through);
  }

  @Override
  protected void pass(Duration time) {
    loop.advance(time);
  }

  @Override
  protected <T> T await(CompletionStage<T> stage) {
    var answer = stage.toCompletableFuture();
    if (!answer.isDone()) {
      loop.advance(Duration.ofSeconds(1));
    }
    assertThat(answer).as("answered after a second").isDone();
    return answer.join();
  }

  @Test
  void waits_at_the_tip_for_a_second_and_no_longer() {
    createStream(1);
    var waiting = fetch();

    loop.advance(Duration.ofMillis(999));
    assertThat(waiting).isNotDone();
    loop.advance(Duration.ofMillis(1));

    assertThat(waiting)
        .isCompletedWithValueMatching(f -> ((Fetched.Records) f).records().isEmpty());
  }

  @Test
  void answers_a_waiting_fetch_at_once_when_a_record_arrives() {
    createStream(1);
    var waiting = fetch();

    put("key", new byte[3]);

    assertThat(waiting)
        .isCompletedWithValueMatching(f -> ((Fetched.Records) f).records().size() == 1);
    assertThat(loop.nextDue()).as("the timer is cancelled").isEmpty();
  }

  @Test
  void tells_how_far_behind_the_tip_a_place_is() {
    createStream(1);
    put("key", new byte[3]);
    loop.advance(Duration.ofSeconds(7));
    put("key", new byte[3]);
    var cursor = stream.open(stream.shardsNow().get(0), StartingPosition.TRIM_HORIZON);

    assertThat(((Fetched.Records) await(cursor.fetch(1))).behind()).hasSeconds(7);
    assertThat(((Fetched.Records) await(cursor.fetch(1))).behind()).isZero();
  }

  @Test
  void refuses_two_fetches_of_one_cursor_at_once() {
    createStream(1);
    var cursor = stream.open(stream.shardsNow().get(0), StartingPosition.TRIM_HORIZON);
    var first = cursor.fetch(1);
    assertThatThrownBy(() -> cursor.fetch(1)).hasMessageContaining("a fetch is outstanding");
    assertThat(first).isNotNull();
  }

  @Test
  void refuses_to_merge_strangers_and_to_split_what_is_closed() {
    createStream(4);
    var shards = stream.shardsNow();
    assertThatThrownBy(() -> merge(shards.get(0).id(), shards.get(2).id()))
        .hasMessageContaining("not neighbours");
    split(shards.get(0).id());
    assertThatThrownBy(() -> split(shards.get(0).id())).hasMessageContaining("is closed");
  }

  @Test
  void stores_what_its_sink_is_given_and_tells_where() {
    createStream(2);
    var entries = new ArrayList<StreamSink.Entry>();
    for (int i = 0; i < 20; i++) {
      entries.add(new StreamSink.Entry("key-" + i, new byte[] {(byte) i}));
    }

    var stored =
        await(streams.sink("orders", loop, new java.util.SplittableRandom(1)).put(entries));

    for (int i = 0; i < 20; i++) {
      int number = i;
      assertThat(stream.recordsOf(stored.get(i).shard()))
          .anySatisfy(
              record -> {
                assertThat(record.position()).isEqualTo(stored.get(number).position());
                assertThat(record.key().text()).isEqualTo("key-" + number);
              });
    }
    assertThat(stream.openShards())
        .allSatisfy(s -> assertThat(stream.recordsOf(s.id())).isNotEmpty());
  }

  @Test
  void names_the_streams_that_there_are_when_one_is_missing() {
    createStream(1);
    assertThatThrownBy(() -> streams.stream("odrers"))
        .isInstanceOf(StreamException.class)
        .hasMessageContaining("no stream odrers")
        .hasMessageContaining("[orders]");
    assertThat(streams.open(new NamedStream("memory", "orders"), loop, null)).isSameAs(stream);
    assertThatThrownBy(() -> streams.create("orders", 1, loop)).hasMessageContaining("exists");
  }

  private CompletableFuture<Fetched> fetch() {
    var shard = stream.shardsNow().get(0);
    return stream.open(shard, StartingPosition.TRIM_HORIZON).fetch(1).toCompletableFuture();
  }
}
