package io.headrace.checkpoint.kcl;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static io.headrace.checkpoint.kcl.KclRows.at;
import static io.headrace.checkpoint.kcl.KclRows.id;
import static io.headrace.checkpoint.kcl.KclRows.shardId;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.kcl.ExportPlan.What;
import io.headrace.checkpoint.kcl.ExportPlan.Write;
import io.headrace.checkpoint.kcl.KclCheckpoint.Sentinel;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.dynamodb.services.local.embedded.DynamoDBEmbedded;

/** The table itself, in DynamoDB Local. */
class KclTableTest {
  private static final DynamoDbAsyncClient CLIENT =
      DynamoDBEmbedded.create(true).dynamoDbAsyncClient();
  private static final AtomicInteger TABLES = new AtomicInteger();

  private final KclTable table = new KclTable(CLIENT, "library-" + TABLES.incrementAndGet());

  @Test
  void a_table_that_is_not_there_is_no_table() {
    assertThat(answer(table.read())).isEmpty();
  }

  @Test
  void rows_that_are_made_are_read_again() {
    var row =
        new KclRow(
            id(2),
            Optional.empty(),
            shardId(2),
            Sentinel.SHARD_END,
            Optional.empty(),
            Set.of(shardId(0)),
            Set.of(shardId(4), shardId(5)),
            Optional.of(HashRange.ALL),
            0);
    answer(table.create());

    answer(table.write(List.of(write(row, What.MADE))));

    assertThat(rows()).containsExactly(row);
    assertThat(item(2))
        .containsEntry("entityType", KclRows.text("LEASE"))
        .containsEntry("leaseCounter", KclRows.number(0))
        .containsEntry("ownerSwitchesSinceCheckpoint", KclRows.number(0));
  }

  @Test
  void rows_of_several_streams_say_twice_what_they_are_about() {
    var stream = new KclStream("123456789012", "orders", 5);
    var row =
        new KclRow(
            stream + ":" + id(2),
            Optional.of(stream),
            shardId(2),
            at(7),
            Optional.empty(),
            Set.of(),
            Set.of(),
            Optional.of(HashRange.ALL),
            0);
    answer(table.create());

    answer(table.write(List.of(write(row, What.MADE))));

    assertThat(rows()).containsExactly(row);
    var item = answer(CLIENT.scan(s -> s.tableName(table.name()))).items().get(0);
    assertThat(item.get("streamName").s()).isEqualTo("123456789012:orders:5");
    assertThat(item.get("shardId").s()).isEqualTo(id(2));
  }

  @Test
  void a_row_that_is_changed_loses_owner_and_pending_checkpoint_and_keeps_the_rest() {
    answer(table.create());
    var item = KclRows.ofVersion3();
    item.put("ttl", KclRows.number(5));
    answer(CLIENT.putItem(p -> p.tableName(table.name()).item(item)));
    var seen = KclRows.row(2, at(9));
    var next =
        new KclRow(
            seen.key(),
            seen.stream(),
            seen.shard(),
            seen.checkpoint(),
            seen.pending(),
            seen.parents(),
            seen.children(),
            seen.range(),
            4711);

    answer(table.write(List.of(write(next, What.CHANGED))));

    assertThat(item(2))
        .containsEntry("checkpoint", KclRows.text("9"))
        .containsEntry("checkpointSubSequenceNumber", KclRows.number(0))
        .containsEntry("leaseCounter", KclRows.number(4712))
        .containsEntry("ttl", KclRows.number(5))
        .containsKey("parentShardId")
        .doesNotContainKeys(
            "leaseOwner", "checkpointOwner", "pendingCheckpoint", "pendingCheckpointState");
  }

  @Test
  void a_row_without_counter_is_changed_and_one_that_was_deleted_is_not_made_again() {
    answer(table.create());
    var item = KclRows.ofVersion1();
    item.remove("leaseCounter");
    answer(CLIENT.putItem(p -> p.tableName(table.name()).item(item)));
    assertThat(rows()).singleElement().extracting(KclRow::counter).isEqualTo(0L);

    answer(table.write(List.of(write(uncounted(2), What.CHANGED))));
    assertThat(item(2))
        .containsEntry("checkpoint", KclRows.text("9"))
        .containsEntry("leaseCounter", KclRows.number(1));

    assertThat(faultOf(table.write(List.of(write(uncounted(3), What.CHANGED)))))
        .hasMessageContaining("row " + id(3) + " has changed since it was read");
    assertThat(rows()).hasSize(1);
  }

  @Test
  void nothing_is_written_when_one_row_has_moved() {
    answer(table.create());
    answer(CLIENT.putItem(p -> p.tableName(table.name()).item(KclRows.ofVersion1())));

    var refused =
        faultOf(
            table.write(
                List.of(
                    write(KclRows.row(1, at(1)), What.MADE),
                    write(KclRows.row(2, at(9)), What.CHANGED))));

    assertThat(refused)
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("row " + id(2) + " has changed since it was read");
    assertThat(rows()).hasSize(1);
    assertThat(item(2)).containsEntry("checkpoint", KclRows.text(KclRows.SEQUENCE));
  }

  @Test
  void more_rows_than_a_transaction_takes_are_written_and_what_is_kept_costs_nothing() {
    answer(table.create());
    var writes = new ArrayList<Write>();
    for (int shard = 0; shard < 2 * KclTable.ROWS_MAX + 1; shard++) {
      writes.add(write(KclRows.row(shard, at(shard)), What.MADE));
    }
    writes.add(write(KclRows.row(999, at(1)), What.KEPT));

    answer(table.write(writes));

    assertThat(rows()).hasSize(2 * KclTable.ROWS_MAX + 1);
  }

  private List<KclRow> rows() {
    return answer(table.read()).orElseThrow().rows(Set.of("ttl"));
  }

  private Map<String, AttributeValue> item(int shard) {
    return answer(
            CLIENT.getItem(
                g -> g.tableName(table.name()).key(Map.of("leaseKey", KclRows.text(id(shard))))))
        .item();
  }

  private static KclRow uncounted(int shard) {
    return new KclRow(
        id(shard),
        Optional.empty(),
        shardId(shard),
        at(9),
        Optional.empty(),
        Set.of(),
        Set.of(),
        Optional.empty(),
        0);
  }

  private static Write write(KclRow row, What what) {
    var key = new ShardKey(KclRows.ORDERS, new ShardId(row.shard().value()));
    return new Write(key, row, what, Optional.empty());
  }
}
