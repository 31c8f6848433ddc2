package io.headrace.checkpoint.dynamo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Answers;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.OperatorStoreContract;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

class DynamoOperatorStoreTest extends OperatorStoreContract {
  private final String application = EmbeddedTable.application();
  private final CheckpointStore store =
      new DynamoCheckpointStore(EmbeddedTable.CLIENT, EmbeddedTable.NAME, application);

  @Override
  protected CheckpointStore store() {
    return store;
  }

  @Test
  void items_that_were_edited_by_hand_are_named_and_hide_no_other() {
    var shard = ShardKey.parse("orders@1700000000/shardId-000000000001");
    var good = new ProgressKey(shard, "good");
    Answers.answer(store.seal(good, LeaseToken.parse("ann#1!1"), "n"));
    var bad = EmbeddedTable.keyOf(application, new ProgressKey(shard, "bad"));
    put(bad, Map.of("own", text("ann#1"), "ep", text("one"), "rev", number(1), "r", number(1)));

    var found = Answers.answer(store.operator().progress(shard.bucket()));

    assertThat(found.rows()).extracting(row -> row.key()).containsExactly(good);
    assertThat(found.faults()).hasSize(1);
    assertThat(found.faults().get(0))
        .contains("shardId-000000000001!bad", "attribute ep: must be a number");
  }

  @Test
  void an_order_that_was_edited_by_hand_is_named_and_not_obeyed() {
    put(
        Map.of("pk", text(application + "!O"), "sk", text("000000000001")),
        Map.of("fn", text("alarms"), "deed", text("DANCE")));

    var orders = Answers.answer(store.operator().orders());

    assertThat(orders.given()).isEmpty();
    assertThat(orders.number()).as("the next one is not given its number").isEqualTo(1);
    assertThat(orders.faults()).hasSize(1);
    assertThat(orders.faults().get(0)).contains(application + "!O 000000000001", "\"DANCE\"");
  }

  @Test
  void an_item_that_wants_a_newer_reader_is_not_moved_and_one_that_wants_this_one_is() {
    var key = new ProgressKey(ShardKey.parse("orders@1700000000/s1"), "alarms");
    for (long rev = 0; rev <= 1; rev++) {
      var seen =
          new ProgressRow(key, rev, Optional.empty(), Map.of(), Optional.empty(), Optional.empty());
      for (var reader : List.of(Attributes.READER, Attributes.READER + 1)) {
        var item = new HashMap<>(Map.of("f", number(1), "r", number(reader)));
        if (rev > 0) {
          item.put("rev", number(rev));
        }
        put(EmbeddedTable.keyOf(application, key), item);

        var moved = Answers.answer(store.operator().move(seen, StartingPosition.TRIM_HORIZON, 1));

        assertThat(moved).isEqualTo(reader == Attributes.READER);
      }
    }
    assertThat(Answers.faultOf(store.operator().progress(key)))
        .hasMessageContaining("wants a reader of at least 5, this version is reader 4");
  }

  @Test
  void a_move_wants_a_reader_that_knows_moves() {
    var key = new ProgressKey(ShardKey.parse("orders@1700000000/s1"), "alarms");
    var absent = ProgressRow.absent(key);
    Answers.answer(store.operator().move(absent, StartingPosition.TRIM_HORIZON, 1));

    var item =
        EmbeddedTable.CLIENT.getItem(
            get -> get.tableName(EmbeddedTable.NAME).key(EmbeddedTable.keyOf(application, key)));

    assertThat(Answers.answer(item).item().get("r").n()).isEqualTo("2");
  }

  @Test
  void where_there_is_no_table_nobody_has_ordered_anything() {
    var nowhere = new DynamoOperatorStore(EmbeddedTable.CLIENT, "no-such-table", application);

    assertThat(Answers.answer(nowhere.orders())).isEqualTo(Orders.NONE);
  }

  private static void put(Map<String, AttributeValue> key, Map<String, AttributeValue> attributes) {
    var item = new HashMap<>(key);
    item.putAll(attributes);
    Answers.answer(
        EmbeddedTable.CLIENT.putItem(put -> put.tableName(EmbeddedTable.NAME).item(item)));
  }

  private static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }
}
