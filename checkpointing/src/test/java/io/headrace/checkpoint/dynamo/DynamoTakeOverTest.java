package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.through;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.CheckpointStore.TakeOver;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.TakeOverContract;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.ShardId;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

class DynamoTakeOverTest extends TakeOverContract {
  private final String application = EmbeddedTable.application();
  private final CheckpointStore store =
      new DynamoCheckpointStore(EmbeddedTable.CLIENT, EmbeddedTable.NAME, application);

  /** Done one by one, each before a transaction goes out. */
  private final ArrayDeque<Runnable> meanwhile = new ArrayDeque<>();

  private final CheckpointStore raced =
      new DynamoCheckpointStore(interrupted(), EmbeddedTable.NAME, application);

  @Override
  protected CheckpointStore store() {
    return store;
  }

  @Test
  void a_commit_between_the_look_and_the_write_is_taken_over_too() {
    var item = seal(OLD, ANN);
    meanwhile.add(() -> commit(OLD, item, through(8), parts("last")));

    answer(raced.takeOver(new TakeOver(NEW, List.of("totals"), BOB)));

    assertThat(seal(NEW, BOB).progress()).isEqualTo(through(8));
  }

  @Test
  void a_former_name_that_begins_between_the_look_and_the_write_is_taken_over_too() {
    meanwhile.add(() -> commit(OLD, seal(OLD, ANN), through(8), parts("first")));

    answer(raced.takeOver(new TakeOver(NEW, List.of("totals"), BOB)));

    assertThat(seal(NEW, BOB).progress()).isEqualTo(through(8));
  }

  @Test
  void so_is_one_that_only_had_parents_at_the_look() {
    endOf(OLD, List.of(), shard("s1", "s0"));
    var child = OLD.in(new ShardId("s1"));
    meanwhile.add(() -> commit(child, seal(child, ANN), through(8), parts("first")));

    answer(raced.takeOver(new TakeOver(child.named("sums"), List.of("totals"), BOB)));

    assertThat(seal(child.named("sums"), BOB).progress()).isEqualTo(through(8));
  }

  @Test
  void a_new_name_that_begins_meanwhile_is_left_as_it_is() {
    commit(OLD, seal(OLD, ANN), through(1), parts("old"));
    meanwhile.add(
        () -> {
          takeOver(NEW, BOB, OLD);
          commit(NEW, seal(NEW, BOB), through(8), parts("new"));
        });

    answer(raced.takeOver(new TakeOver(NEW, List.of("totals"), CID)));

    assertThat(seal(NEW, CID).progress()).isEqualTo(through(8));
  }

  @Test
  void a_new_name_that_was_waiting_and_begins_meanwhile_is_left_as_it_is() {
    var child = NEW.in(new ShardId("s2"));
    var item = seal(child, BOB);
    endOf(OLD, List.of(), shard("s2", "s0"));
    meanwhile.add(() -> commit(child, item, through(8), parts("new")));

    answer(raced.takeOver(new TakeOver(child, List.of("totals"), CID)));

    assertThat(seal(child, CID).progress()).isEqualTo(through(8));
  }

  @Test
  void a_new_name_that_had_only_parents_and_is_sealed_meanwhile_keeps_its_owner() {
    var child = NEW.in(new ShardId("s1"));
    endOf(NEW, List.of(), shard("s1", "s0"));
    meanwhile.add(() -> commit(child, seal(child, BOB), through(8), parts("new")));

    answer(raced.takeOver(new TakeOver(child, List.of("totals"), CID)));
    endOf(OLD.in(new ShardId("s9")), List.of(), shard("s1", "s9"));
    meanwhile.add(() -> {});
    answer(raced.takeOver(new TakeOver(child, List.of("totals"), CID)));

    assertThat(seal(child, CID).progress()).isEqualTo(through(8));
  }

  @Test
  void others_who_write_all_the_time_are_told() {
    for (int i = 0; i < 9; i++) {
      long epoch = i + 1L;
      meanwhile.add(() -> seal(OLD, token("ann", epoch)));
    }

    assertThat(faultOf(raced.takeOver(new TakeOver(NEW, List.of("totals"), token("bob", 99)))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("s0!sums")
        .hasMessageContaining("again and again");
  }

  @Test
  void what_a_newer_version_keeps_in_the_item_goes_along_and_an_older_one_is_refused_its_name() {
    seal(OLD, ANN);
    set(OLD, "of-a-newer-version", AttributeValue.fromS("kept"));

    takeOver(NEW, BOB, OLD);

    assertThat(item(NEW)).containsEntry("of-a-newer-version", AttributeValue.fromS("kept"));
    assertThat(item(NEW)).doesNotContainKey("to");
    assertThat(item(OLD).get("r").n()).as("the least reader").isEqualTo("4");
    assertThat(item(OLD).get("to").s()).isEqualTo("sums");
  }

  @Test
  void an_item_that_wants_a_newer_reader_is_not_taken_over() {
    seal(OLD, ANN);
    set(OLD, "r", AttributeValue.fromN("99"));

    assertThat(faultOf(store.takeOver(new TakeOver(NEW, List.of("totals"), BOB))))
        .hasMessageContaining("s0!totals")
        .hasMessageContaining("reader of at least 99");
  }

  @Test
  void a_function_item_of_a_newer_version_keeps_its_shape() {
    answer(store.operator().functions().describe("totals", Map.of("keys", "within")));
    update(
        key("totals"),
        u ->
            u.updateExpression("SET r = :r REMOVE shape")
                .expressionAttributeValues(Map.of(":r", AttributeValue.fromN("99"))));

    assertThat(faultOf(store.operator().functions().describe("totals", Map.of("keys", "x"))))
        .hasMessageContaining("reader of at least 99");
    assertThat(answer(store.operator().functions().all())).isEmpty();
  }

  @Test
  void words_that_somebody_took_out_by_hand_are_said_anew() {
    answer(store.operator().functions().describe("totals", Map.of("keys", "within")));
    update(
        key("totals"),
        u ->
            u.updateExpression("SET shape = :none")
                .expressionAttributeValues(Map.of(":none", AttributeValue.fromM(Map.of()))));

    assertThat(answer(store.operator().functions().describe("totals", Map.of("keys", "x"))).shape())
        .containsEntry("keys", "x");
  }

  @Test
  void a_parent_that_ends_between_the_look_and_the_write_is_not_forgotten() {
    var child = NEW.in(new ShardId("s2"));
    seal(child, BOB);
    endOf(OLD, List.of(), shard("s2", "s0"));
    meanwhile.add(() -> endOf(NEW.in(new ShardId("s1")), List.of(), shard("s2", "s1")));

    answer(raced.takeOver(new TakeOver(child, List.of("totals"), CID)));

    assertThat(seal(child, CID).parents()).hasSize(2);
  }

  @Test
  void a_function_of_which_nothing_is_stored_gets_no_item_by_being_followed() {
    answer(store.operator().functions().succeed("nobody", "sums"));

    assertThat(
            answer(
                    EmbeddedTable.CLIENT.getItem(
                        g -> g.tableName(EmbeddedTable.NAME).key(key("nobody"))))
                .hasItem())
        .isFalse();
  }

  private Map<String, AttributeValue> key(String function) {
    return Map.of(
        "pk", AttributeValue.fromS(application + "!F"), "sk", AttributeValue.fromS(function));
  }

  @Test
  void where_there_is_no_table_no_function_has_begun() {
    var nowhere = new DynamoCheckpointStore(EmbeddedTable.CLIENT, "no-such-table", application);

    assertThat(answer(nowhere.operator().functions().all())).isEmpty();
    assertThat(faultOf(nowhere.operator().functions().describe("f", Map.of("kind", "keyed"))))
        .hasMessageContaining("no-such-table");
  }

  private Map<String, AttributeValue> item(ProgressKey key) {
    return answer(
            EmbeddedTable.CLIENT.getItem(
                g ->
                    g.tableName(EmbeddedTable.NAME)
                        .key(EmbeddedTable.keyOf(application, key))
                        .consistentRead(true)))
        .item();
  }

  private void set(ProgressKey key, String attribute, AttributeValue value) {
    update(
        EmbeddedTable.keyOf(application, key),
        u ->
            u.updateExpression("SET #a = :v")
                .expressionAttributeNames(Map.of("#a", attribute))
                .expressionAttributeValues(Map.of(":v", value)));
  }

  /** As somebody does by hand. */
  private static void update(
      Map<String, AttributeValue> key, Consumer<UpdateItemRequest.Builder> change) {
    answer(
        EmbeddedTable.CLIENT.updateItem(
            u -> change.accept(u.tableName(EmbeddedTable.NAME).key(key))));
  }

  private DynamoDbAsyncClient interrupted() {
    return (DynamoDbAsyncClient)
        Proxy.newProxyInstance(
            DynamoDbAsyncClient.class.getClassLoader(),
            new Class<?>[] {DynamoDbAsyncClient.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("transactWriteItems") && !meanwhile.isEmpty()) {
                meanwhile.remove().run();
              }
              try {
                return method.invoke(EmbeddedTable.CLIENT, arguments);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            });
  }
}
