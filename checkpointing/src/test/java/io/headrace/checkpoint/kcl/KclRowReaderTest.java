package io.headrace.checkpoint.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.kcl.KclCheckpoint.Sentinel;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The rows of the library's versions 1, 2 and 3, and rows that are none. */
class KclRowReaderTest {
  private static final KclCheckpoint IN_AN_AGGREGATE =
      new KclCheckpoint.At(new Position(new SequenceNumber(KclRows.SEQUENCE), 3));

  private final KclRowReader reader = new KclRowReader(Set.of());

  @Test
  void a_row_of_version_1_is_read() {
    var row = read(KclRows.ofVersion1());

    assertThat(row.shard()).isEqualTo(KclRows.shardId(2));
    assertThat(row.stream()).isEmpty();
    assertThat(row.checkpoint()).isEqualTo(IN_AN_AGGREGATE);
    assertThat(row.parents()).containsExactly(KclRows.shardId(0));
    assertThat(row.children()).isEmpty();
    assertThat(row.range()).isEmpty();
    assertThat(row.pending()).isEmpty();
    assertThat(row.counter()).isEqualTo(4711);
  }

  @Test
  void a_row_without_sub_sequence_is_of_the_record_itself() {
    var item = KclRows.ofVersion1();
    item.remove("checkpointSubSequenceNumber");
    item.remove("parentShardId");

    assertThat(read(item).checkpoint())
        .isEqualTo(new KclCheckpoint.At(Position.of(KclRows.SEQUENCE)));
  }

  @Test
  void a_row_of_version_2_has_children_a_range_and_a_pending_checkpoint_with_state() {
    var row = read(KclRows.ofVersion2());

    assertThat(row.checkpoint()).isEqualTo(IN_AN_AGGREGATE);
    assertThat(row.children()).containsOnly(KclRows.shardId(4), KclRows.shardId(5));
    assertThat(row.range())
        .contains(
            new HashRange(BigInteger.ZERO, BigInteger.ONE.shiftLeft(127).subtract(BigInteger.ONE)));
    assertThat(row.pending()).contains(KclRows.SEQUENCE + ":7 with 8 bytes of state");
  }

  @Test
  void a_row_of_version_3_says_the_same() {
    assertThat(read(KclRows.ofVersion3())).isEqualTo(read(KclRows.ofVersion2()));
  }

  @Test
  void a_row_of_several_streams_names_account_stream_and_creation() {
    var row = read(KclRows.ofSeveralStreams());

    assertThat(row.stream()).contains(new KclStream("123456789012", "orders", 1_767_225_600));
    assertThat(row.shard()).isEqualTo(KclRows.shardId(2));
  }

  @Test
  void leader_workers_and_migrations_of_version_3_5_are_no_leases() {
    for (var other : KclRows.othersOfVersion35()) {
      assertThat(reader.read(other)).isEmpty();
    }
    assertThat(reader.complaints()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Sentinel.class)
  void each_sentinel_is_read(Sentinel sentinel) {
    assertThat(read(with("checkpoint", KclRows.text(sentinel.name()))).checkpoint())
        .isEqualTo(sentinel);
  }

  @ParameterizedTest
  @CsvSource({
    "checkpoint, S, newest, 'field checkpoint \"newest\" must be a sequence number'",
    "checkpoint, S, 007, 'field checkpoint \"007\" must be a sequence number'",
    "checkpoint, N, 7, field checkpoint 7 must be a text",
    "leaseCounter, S, many, 'field leaseCounter \"many\" must be a whole number'",
    "checkpointSubSequenceNumber, N, -1, field checkpointSubSequenceNumber -1 must be",
    "startingHashKey, S, -5, 'field startingHashKey \"-5\" must be, with endingHashKey'",
    "parentShardId, S, x, 'field parentShardId \"x\" must be a set of texts'",
    "leaseKey, S, a/b, 'field leaseKey \"a/b\" must be a shard or account:stream:epoch:shard'",
    "leaseKey, S, a:b:c:d, 'field leaseKey \"a:b:c:d\" must be a shard or'",
    "streamName, S, 1:x:2, 'field streamName \"1:x:2\" does not agree with leaseKey'",
    "entityType, S, GHOST, 'field entityType \"GHOST\" is none that the KCL 1 to 3.5 writes'",
    "ttl, N, 5, 'field ttl is none that the KCL 1 to 3.5 writes; name it with --ignore-field'",
  })
  void what_is_not_understood_is_named(String field, String type, String value, String complaint) {
    var item =
        with(field, type.equals("N") ? AttributeValue.fromN(value) : AttributeValue.fromS(value));

    assertThat(reader.read(item)).isEmpty();
    assertThat(reader.complaints()).anySatisfy(c -> assertThat(c).contains(complaint));
    if (!field.equals("leaseKey")) {
      assertThat(reader.complaints()).allSatisfy(c -> assertThat(c).contains(KclRows.id(2)));
    }
  }

  @Test
  void a_row_without_checkpoint_and_an_item_without_key_are_named() {
    var item = KclRows.ofVersion1();
    item.remove("checkpoint");

    assertThat(reader.read(item)).isEmpty();
    assertThat(reader.read(Map.of("pk", KclRows.text("app!W")))).isEmpty();
    assertThat(reader.complaints())
        .containsExactly(
            "row " + KclRows.id(2) + ": field checkpoint is missing or no text",
            "a row without leaseKey: this is no lease table of the KCL");
  }

  @Test
  void a_field_of_somebody_else_may_be_ignored() {
    var tolerant = new KclRowReader(Set.of("ttl"));

    assertThat(tolerant.read(with("ttl", KclRows.number(5)))).isPresent();
    assertThat(tolerant.complaints()).isEmpty();
  }

  @Test
  void a_snapshot_tells_which_field_moved() {
    var before = new KclSnapshot("t", List.of(KclRows.ofVersion2()));
    var after = new KclSnapshot("t", List.of(with(KclRows.ofVersion2(), "leaseCounter", "4712")));

    assertThat(after.changedSince(before))
        .contains("row " + KclRows.id(2) + ": field leaseCounter changed from 4711 to 4712");
    assertThat(before.changedSince(before)).isEmpty();
    assertThat(new KclSnapshot("t", List.of()).changedSince(before))
        .contains("row " + KclRows.id(2) + " was deleted");
  }

  @Test
  void a_worker_that_reported_within_a_minute_is_seen() {
    var snapshot = new KclSnapshot("t", KclRows.othersOfVersion35());
    var reported = java.time.Instant.ofEpochSecond(1_767_225_600);

    assertThat(snapshot.reportedLately(reported.plusSeconds(59))).isTrue();
    assertThat(snapshot.reportedLately(reported.plusSeconds(60))).isFalse();
  }

  private KclRow read(Map<String, AttributeValue> item) {
    Optional<KclRow> row = reader.read(item);
    assertThat(reader.complaints()).isEmpty();
    return row.orElseThrow();
  }

  private static Map<String, AttributeValue> with(String field, AttributeValue value) {
    var item = new HashMap<>(KclRows.ofVersion2());
    item.put(field, value);
    return item;
  }

  private static Map<String, AttributeValue> with(
      Map<String, AttributeValue> item, String field, String number) {
    item.put(field, AttributeValue.fromN(number));
    return item;
  }
}
