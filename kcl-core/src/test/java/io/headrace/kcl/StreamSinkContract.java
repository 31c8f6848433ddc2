package io.headrace.kcl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSink.Stored;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What every {@link StreamSink} does. */
public abstract class StreamSinkContract {
  /** An empty stream of two shards; called once. */
  protected abstract ShardedStream create();

  protected abstract StreamSink sink();

  /** Waits for a stage, letting time pass where the stream needs it. */
  protected abstract <T> T await(CompletionStage<T> stage);

  @Test
  public void tells_where_a_reader_finds_each_entry_with_its_key_payload_and_headers() {
    var stream = create();
    var entries = new ArrayList<Entry>();
    for (int i = 0; i < 60; i++) {
      var headers = i % 3 == 0 ? Map.of(Entry.ID, "id-" + i, "trace", "t") : noHeaders();
      entries.add(new Entry("key-" + i % 7, ("data-" + i).getBytes(UTF_8), headers));
    }

    List<Stored> places = await(sink().put(entries));

    assertThat(places).hasSize(60).doesNotHaveDuplicates();
    var read = read(stream);
    assertThat(read).hasSize(60);
    for (int i = 0; i < 60; i++) {
      StreamRecord found = read.get(places.get(i));
      assertThat(found).as("entry %d at %s", i, places.get(i)).isNotNull();
      assertThat(found.key().text()).isEqualTo(entries.get(i).partitionKey());
      assertThat(text(found)).isEqualTo("data-" + i);
      assertThat(found.headers()).isEqualTo(entries.get(i).headers());
    }
  }

  @Test
  public void keeps_the_order_of_a_key_within_a_put_and_from_put_to_put() {
    var stream = create();
    var sink = sink();
    var stages = new ArrayList<CompletionStage<List<Stored>>>();
    for (int put = 0; put < 20; put++) {
      var entries = new ArrayList<Entry>();
      for (int i = 0; i < 9; i++) {
        var headers = put % 2 == 0 ? noHeaders() : Map.of(Entry.ID, put + "-" + i);
        entries.add(new Entry("key-" + i % 3, (put + "-" + i).getBytes(UTF_8), headers));
      }
      stages.add(sink.put(entries));
    }
    var last = new HashMap<String, Stored>();
    for (var stage : stages) {
      List<Stored> places = await(stage);
      for (int i = 0; i < 9; i++) {
        Stored before = last.put("key-" + i % 3, places.get(i));
        if (before != null) {
          assertThat(places.get(i).shard()).isEqualTo(before.shard());
          assertThat(places.get(i).position()).isGreaterThan(before.position());
        }
      }
    }
    assertThat(read(stream)).hasSize(180);
  }

  @Test
  public void has_nothing_to_do_for_nothing() {
    create();
    assertThat(await(sink().put(List.of()))).isEmpty();
  }

  private static Map<String, String> noHeaders() {
    return Map.of();
  }

  private Map<Stored, StreamRecord> read(ShardedStream stream) {
    var read = new HashMap<Stored, StreamRecord>();
    for (Shard shard : await(stream.shards())) {
      var cursor = stream.open(shard, StartingPosition.TRIM_HORIZON);
      List<StreamRecord> page;
      do {
        page = ((Fetched.Records) await(cursor.fetch(1 << 20))).records();
        page.forEach(record -> read.put(new Stored(shard.id(), record.position()), record));
      } while (!page.isEmpty());
      cursor.close();
    }
    return read;
  }

  private static String text(StreamRecord record) {
    try {
      return new String(record.payload().bytes(), UTF_8);
    } catch (IOException unreadable) {
      throw new AssertionError(unreadable);
    }
  }
}
