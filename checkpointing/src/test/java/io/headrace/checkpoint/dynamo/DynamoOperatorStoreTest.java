package io.headrace.checkpoint.dynamo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Answers;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.OperatorStoreContract;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.ShardKey;
import java.util.HashMap;
import java.util.Map;
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
    put(bad, Map.of("own", text("ann#1"), "ep", text("one"), "rev", AttributeValue.fromN("1")));

    var found = Answers.answer(store.operator().progress(shard.bucket()));

    assertThat(found.rows()).extracting(row -> row.key()).containsExactly(good);
    assertThat(found.faults()).hasSize(1);
    assertThat(found.faults().get(0))
        .contains("shardId-000000000001!bad", "attribute ep is no number");
  }

  @Test
  void an_order_that_was_edited_by_hand_is_named_and_not_obeyed() {
    put(
        Map.of("pk", text(application + "!O"), "sk", text("000000000001")),
        Map.of("fn", text("alarms"), "deed", text("DANCE")));

    var orders = Answers.answer(store.operator().orders());

    assertThat(orders.given()).isEmpty();
    assertThat(orders.faults()).hasSize(1);
    assertThat(orders.faults().get(0)).contains(application + "!O 000000000001", "\"DANCE\"");
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

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }
}
