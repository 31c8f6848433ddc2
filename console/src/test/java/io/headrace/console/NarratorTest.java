package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.FunctionEvent;
import io.headrace.function.Misrouted;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class NarratorTest {
  private static final ShardKey SHARD =
      new ShardKey(new StreamId("s", Instant.EPOCH), new ShardId("shardId-0"));

  private final StringWriter said = new StringWriter();
  private final Narrator narrator = new Narrator(new PrintWriter(said));

  @Test
  void records_in_a_wrong_shard_are_told_by_their_number_and_ever_more_rarely() {
    for (int i = 1; i <= 1_000; i++) {
      var at = Position.of(i);
      narrator.on(new FunctionEvent.MisroutedFound("f", SHARD, at, Misrouted.DEAD_LETTER, i));
      narrator.on(new FunctionEvent.DeadLettered("f", SHARD, at, 0, "Misrouted"));
      narrator.on(new FunctionEvent.ForeignKeyFound("g", SHARD, at, i));
      narrator.on(new FunctionEvent.RecordFailed("g", SHARD, at, 1, "x.ForeignKey", "ForeignKey"));
      narrator.on(new FunctionEvent.DeadLettered("g", SHARD, at, 1, "ForeignKey"));
    }

    assertThat(said.toString().lines()).hasSize(6);
    assertThat(said.toString())
        .contains("f in " + SHARD + ": 10 records so far", "DEAD_LETTER")
        .contains("g in " + SHARD + ": 1000 records so far");
  }

  @Test
  void every_other_dead_letter_is_told() {
    narrator.on(new FunctionEvent.DeadLettered("f", SHARD, Position.of(7), 1, "Undecodable"));
    assertThat(said.toString()).contains("record 7:0 dead-lettered: Undecodable");
  }
}
