package io.headrace.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.state.EntryKind;
import io.headrace.function.StateReader;
import io.headrace.function.StoredEntry;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StateLinesTest {
  private static final StateReader.AsOf HEAD =
      new StateReader.AsOf(
          "f",
          ShardKey.parse("in@1700000000/shardId-000000000001"),
          HashRange.ALL,
          new Progress(
              Optional.of(Position.of(7)),
              List.of(new Progress.Range(Position.of(9), Position.of(12)))),
          42,
          Map.of("clock", new byte[] {0, -1, 5}));

  private static StoredEntry entry(EntryKind kind, byte[] suffix, byte[] bytes) {
    return StoredEntry.of("kä\ny", "other \"key\"", kind, suffix, 3, bytes);
  }

  @Test
  void what_was_written_is_read_back_byte_by_byte() {
    for (var bytes :
        List.of(
            "{\"a\":\"ü\"}".getBytes(UTF_8),
            new byte[] {0, 1, 2, (byte) 0xff, (byte) 0xc3},
            new byte[0])) {
      for (var kind : List.of(EntryKind.STATE, EntryKind.SEEN)) {
        var entry = entry(kind, new byte[] {1, 2}, bytes);
        var line = JsonLine.of(StateLines.of(HEAD, entry));
        assertThat(line).doesNotContain("\n");
        assertThat(StateLines.read(line)).isEqualTo(new StateLines.Line.OfEntry(entry));
      }
    }
    assertThat(JsonLine.of(StateLines.of(HEAD, entry(EntryKind.STATE, new byte[0], text("hm")))))
        .as("text stays text")
        .contains("\"text\":\"hm\"");
  }

  private static byte[] text(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void a_shards_place_and_notes_come_back() {
    var read = StateLines.read(JsonLine.of(StateLines.of(HEAD)));

    var head = ((StateLines.Line.OfShard) read).head();
    assertThat(head.shard()).isEqualTo(HEAD.shard());
    assertThat(head.range()).isEqualTo(HEAD.range());
    assertThat(head.progress()).isEqualTo(HEAD.progress());
    assertThat(head.revision()).isEqualTo(42);
    assertThat(head.notes().get("clock")).containsExactly(0, -1, 5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nonsense | is not one JSON object",
        "[1] | is not one JSON object",
        "{} | entries: is missing or no number",
        "{'kind':'ODD'} | kind: is none that this version knows",
        "{'kind':'STATE'} | bytes: is missing",
        "{'kind':'STATE','codecVersion':1,'bytes':'!'} | bytes: is no Base64",
        "{'export':'state','format':2} | export, format",
        "{'shard':'x','function':'f'} | must be stream@seconds/shard",
      })
  void a_line_that_makes_no_sense_is_refused_by_its_field(String line, String message) {
    assertThatThrownBy(() -> StateLines.read(line.replace('\'', '"')))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
