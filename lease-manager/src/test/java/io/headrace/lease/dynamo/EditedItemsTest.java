package io.headrace.lease.dynamo;

import static io.headrace.lease.LeaseTableContract.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.lease.Book;
import io.headrace.lease.Deployment;
import io.headrace.lease.LeaseItem;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.Profile;
import io.headrace.lease.RosterPart;
import io.headrace.lease.RosterPart.Standing;
import io.headrace.lease.Stored;
import io.headrace.lease.TestItems;
import io.headrace.lease.UnreadableItemException;
import io.headrace.lease.WorkerItem;
import io.headrace.lease.Written;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Items that somebody edited by hand are named by key and attribute, and left as they are. */
class EditedItemsTest {
  private static final StreamId STREAM = new StreamId("orders", Instant.EPOCH);
  private static final ShardKey SHARD = new ShardKey(STREAM, new ShardId("s2"));
  private static final Incarnation ANN = new Incarnation("ann", "1");

  private final DynamoDbAsyncClient client = EmbeddedDynamo.client();
  private final String name = EmbeddedDynamo.newTableName();
  private final DynamoLeaseTable table = new DynamoLeaseTable(client, name);

  @BeforeEach
  void prepare() {
    await(table.prepare());
  }

  private static LeaseRow row() {
    return new LeaseRow(
        SHARD,
        List.of(new ShardId("s0"), new ShardId("s1")),
        HashRange.ALL,
        null,
        3,
        false,
        Set.of(new ShardId("s0")),
        null,
        null);
  }

  private static WorkerItem worker(String id) {
    return new WorkerItem(
        new Incarnation(id, "1"),
        WorkerItem.State.ACTIVE,
        Duration.ofSeconds(10),
        1,
        1,
        1,
        1,
        List.of(),
        null,
        Duration.ZERO,
        false);
  }

  private <T extends LeaseItem> Stored<T> created(T item) {
    return ((Written.Applied<T>) await(table.create("app", item, "n1"))).now();
  }

  private Map<String, AttributeValue> key(LeaseItem item) {
    return Map.of(
        "pk", AttributeValue.fromS(item.partition("app")), "sk", AttributeValue.fromS(item.sort()));
  }

  private Map<String, AttributeValue> raw(LeaseItem item) {
    return client.getItem(get -> get.tableName(name).key(key(item))).join().item();
  }

  /** As an operator does in the console. */
  private void edit(LeaseItem item, String attribute, AttributeValue value) {
    boolean removes = value.equals(GONE);
    client
        .updateItem(
            update -> {
              update
                  .tableName(name)
                  .key(key(item))
                  .updateExpression(removes ? "REMOVE #a" : "SET #a = :v")
                  .expressionAttributeNames(Map.of("#a", attribute));
              if (!removes) {
                update.expressionAttributeValues(Map.of(":v", value));
              }
            })
        .join();
  }

  private static final AttributeValue GONE = AttributeValue.fromNul(true);

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  static Stream<Arguments> editsOfALease() {
    return Stream.of(
        Arguments.of("e", text("many"), "is missing or no number"),
        Arguments.of("e", GONE, "is missing or no number"),
        Arguments.of("e", AttributeValue.fromN("1.5"), "can't be read: "),
        Arguments.of("o", text("ann"), "incarnation \"ann\": must be worker#life"),
        Arguments.of("o", AttributeValue.fromN("7"), "is missing or no text"),
        Arguments.of("w", text("s0"), "is missing or no set"),
        Arguments.of("w", AttributeValue.fromSs(List.of("s9")), "awaits s9, which is no parent"),
        Arguments.of("w", AttributeValue.fromSs(List.of("s/9")), "shard id \"s/9\""),
        Arguments.of("u", text("s0"), "is missing or no list"),
        Arguments.of("u", AttributeValue.fromL(List.of(AttributeValue.fromN("1"))), "no list"),
        Arguments.of(
            "u", AttributeValue.fromL(List.of(text("s0"), text("s2"))), "itself as its parent"),
        Arguments.of("k", GONE, "is missing or no binary"),
        Arguments.of("k", bytes(3), "is a hash range of 3 bytes and must have 32"),
        Arguments.of("k", reversed(), "is a hash range from "),
        Arguments.of("v", text("x"), "is missing or no number"),
        Arguments.of("n", GONE, "is missing or no text"),
        Arguments.of("r", text("x"), "is missing or no number"),
        Arguments.of("r", AttributeValue.fromN("99999999999"), "which is too large"));
  }

  private static AttributeValue bytes(int length) {
    return AttributeValue.fromB(SdkBytes.fromByteArray(new byte[length]));
  }

  private static AttributeValue reversed() {
    var range = new byte[32];
    range[0] = 1;
    return AttributeValue.fromB(SdkBytes.fromByteArray(range));
  }

  @ParameterizedTest
  @MethodSource("editsOfALease")
  void an_edited_lease_is_named_and_left_alone_and_its_neighbours_are_read(
      String attribute, AttributeValue value, String complaint) {
    var made = created(row());
    var neighbours =
        Stream.iterate(0, i -> i + 1)
            .map(i -> new ShardKey(STREAM, new ShardId("n" + i)))
            .filter(shard -> shard.bucket() == SHARD.bucket())
            .limit(2)
            .map(shard -> created(TestItems.free(shard)))
            .toList();
    edit(row(), attribute, value);
    var before = raw(row());

    assertThatThrownBy(() -> await(table.lease("app", SHARD)))
        .isInstanceOf(UnreadableItemException.class)
        .hasMessageContaining("attribute " + attribute + " of item app!L!")
        .hasMessageContaining(" / " + SHARD.key() + " of table " + name)
        .hasMessageContaining(complaint)
        .hasMessageEndingWith("was it edited by hand?");
    assertThat(await(table.leases("app", SHARD.bucket())))
        .containsExactlyInAnyOrderElementsOf(neighbours);
    boolean stillTheSame = !attribute.equals("v") && !attribute.equals("n");
    if (!stillTheSame) {
      assertThat(await(table.update("app", made, TestItems.owned(made.item(), ANN), "t2")))
          .isEqualTo(new Written.Refused<>(null));
    }
    assertThat(raw(row())).isEqualTo(before);
  }

  @Test
  void a_lease_that_is_ended_and_owned_is_named() {
    created(row());
    edit(row(), "d", AttributeValue.fromN("1"));
    edit(row(), "o", text("ann#1"));

    assertThatThrownBy(() -> await(table.lease("app", SHARD)))
        .isInstanceOf(UnreadableItemException.class)
        .hasMessageContaining("attribute d of item app!L!")
        .hasMessageContaining("says that the shard is ended, and o that ann#1 runs it");
  }

  @Test
  void an_edited_worker_does_not_hide_the_others() {
    created(worker("ann"));
    var bob = created(worker("bob"));
    edit(worker("ann"), "s", text("Z"));

    assertThat(await(table.workers("app"))).containsExactly(bob);
    assertThatThrownBy(() -> await(table.worker("app", "ann")))
        .isInstanceOf(UnreadableItemException.class)
        .hasMessageContaining("attribute s of item app!W / ann")
        .hasMessageContaining("state \"Z\" is unknown");
  }

  @Test
  void a_stranger_among_the_workers_does_not_hide_them() {
    var bob = created(worker("bob"));
    client
        .putItem(
            put ->
                put.tableName(name)
                    .item(
                        Map.of(
                            "pk", text("app!W"),
                            "sk", text("cyd"),
                            "leaseKey", text("shardId-000000000000"),
                            "checkpoint", text("TRIM_HORIZON"))))
        .join();

    assertThat(await(table.workers("app"))).containsExactly(bob);
    assertThatThrownBy(() -> await(table.worker("app", "cyd")))
        .isInstanceOf(UnreadableItemException.class)
        .hasMessageContaining("attribute r of item app!W / cyd");
  }

  private static Book book() {
    var profile = new Profile(1, new Deployment("v1", Map.of("sums", 3)), Instant.EPOCH, Set.of());
    return new Book(
        ANN, profile, Set.of(SHARD), Map.of(SHARD, ANN), Set.of(SHARD), Map.of(SHARD, 2));
  }

  static Stream<Arguments> editsOfABook() {
    var weights = AttributeValue.fromM(Map.of("heavy", AttributeValue.fromM(Map.of())));
    var flat = AttributeValue.fromM(Map.of("2", text("all")));
    var reads = AttributeValue.fromM(Map.of("sums", text("three")));
    return Stream.of(
        Arguments.of("h", text("all"), "is missing or no map"),
        Arguments.of("w", weights, "can't be read: For input string: \"heavy\""),
        Arguments.of("w", flat, "has no map of shards under 2"),
        Arguments.of("R", reads, "can't be read: "),
        Arguments.of("z", text("now"), "is missing or no number"));
  }

  @ParameterizedTest
  @MethodSource("editsOfABook")
  void an_edited_book_is_named(String attribute, AttributeValue value, String complaint) {
    created(book());
    edit(book(), attribute, value);

    assertThatThrownBy(() -> await(table.book("app", "ann")))
        .isInstanceOf(UnreadableItemException.class)
        .hasMessageContaining("attribute " + attribute + " of item app!H / ann")
        .hasMessageContaining(complaint);
  }

  @Test
  void an_edited_part_of_the_roster_does_not_hide_the_others() {
    var first = part(0, "s0");
    created(first);
    var second = created(part(1, "s1"));
    edit(first, "e", AttributeValue.fromSs(List.of("s0")));

    assertThat(await(table.roster("app", STREAM))).containsExactly(second);
  }

  private static RosterPart part(int number, String shard) {
    var shards = new TreeMap<ShardId, Standing>();
    shards.put(new ShardId(shard), Standing.RUNNABLE);
    return new RosterPart(STREAM, number, shards);
  }
}
