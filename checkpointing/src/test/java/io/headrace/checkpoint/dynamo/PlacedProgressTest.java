package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static io.headrace.checkpoint.Shards.key;
import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.CheckpointPolicy;
import io.headrace.checkpoint.Placement;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.Standing;
import io.headrace.checkpoint.TrackingCheckpointer;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Checkpointer;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Resumption;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.Start;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.ThreadedLoop;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What is placed is what a worker goes on from, by the real store and checkpointer. */
class PlacedProgressTest {
  private static final String BY = "import of KCL table t at noon";
  private static final Instant BEGAN = Instant.parse("2026-05-01T12:00:00Z");
  private static final Position IN_AN_AGGREGATE = new Position(SequenceNumber.of(7), 3);

  private static final AttributeValue NEWER =
      AttributeValue.fromN(Integer.toString(Attributes.READER + 1));

  private final String application = EmbeddedTable.application();
  private final DynamoCheckpointStore store =
      new DynamoCheckpointStore(EmbeddedTable.CLIENT, EmbeddedTable.NAME, application);
  private final PlacedProgress placed =
      new PlacedProgress(EmbeddedTable.CLIENT, EmbeddedTable.NAME, application);
  private final ThreadedLoop loop =
      ThreadedLoop.start(
          "placed",
          failed -> {
            throw new AssertionError(failed);
          });

  @AfterEach
  void stop() {
    loop.close();
  }

  @Test
  void a_function_goes_on_behind_the_placed_position_and_waits_for_no_parent_that_ended() {
    place("s2", after(IN_AN_AGGREGATE, "s0"));

    var ready = (Resumption.Ready) seal(shard("s2", "s0"));

    assertThat(ready.from()).isEqualTo(StartingPosition.after(IN_AN_AGGREGATE));
    assertThat(ready.fencingToken()).isEqualTo(1);
    assertThat(ready.parts()).allMatch(parts -> parts.equals(CommitParts.NONE));
  }

  @Test
  void a_shard_that_was_not_begun_begins_where_it_was_placed_and_not_where_others_do() {
    place("s0", new Placement.At(StartingPosition.at(BEGAN), Set.of()));
    place("s1", new Placement.At(StartingPosition.TRIM_HORIZON, Set.of()));

    assertThat(((Resumption.Ready) seal(shard("s0"))).from()).isEqualTo(StartingPosition.at(BEGAN));
    assertThat(((Resumption.Ready) seal(shard("s1"))).from())
        .isEqualTo(StartingPosition.TRIM_HORIZON);
  }

  @Test
  void a_child_of_a_merge_waits_for_the_parent_that_is_not_ended() {
    place("s2", new Placement.At(StartingPosition.TRIM_HORIZON, Set.of(new ShardId("s0"))));

    assertThat(seal(shard("s2", "s0", "s1")))
        .isEqualTo(new Resumption.WaitingForParents(Set.of(new ShardId("s1"))));
  }

  @Test
  void an_ended_shard_is_ended_for_any_owner() {
    place("s0", new Placement.Ended(List.of(shard("s2", "s0"))));

    assertThat(seal(shard("s0"))).isEqualTo(new Resumption.Ended(List.of(shard("s2", "s0"))));
    assertThat(read("s0").ended()).isTrue();
    assertThat(read("s0").ran()).isFalse();
  }

  @Test
  void nobody_runs_a_function_that_is_being_placed() {
    answer(placed.begin("totals", BY, false, Optional.empty()));

    assertThat(faultOf(checkpointer(shard("s0")).seal()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("is being placed by " + BY)
        .hasMessageContaining("run it again if it broke off");
    assertThat(faultOf(placed.startOf("totals"))).hasMessageContaining("is being placed by " + BY);

    answer(placed.finish("totals"));
    assertThat(seal(shard("s0"))).isInstanceOf(Resumption.Ready.class);
  }

  @Test
  void a_shard_that_came_after_the_placing_begins_with_its_oldest_record_and_not_at_the_tip() {
    answer(placed.begin("totals", BY, false, Optional.of(StartingPosition.TRIM_HORIZON)));
    answer(placed.finish("totals"));

    var late = answer(seal(checkpointer(shard("s9"), Start.LATEST)));

    assertThat(((Resumption.Ready) late).from()).isEqualTo(StartingPosition.TRIM_HORIZON);
  }

  @Test
  void an_item_that_wants_a_newer_reader_is_refused() {
    place("s0", after(Position.of(5)));
    edit(EmbeddedTable.keyOf(application, progress("s0")), "r", NEWER);

    assertThat(faultOf(placed.read(progress("s0"))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("wants a reader of at least " + NEWER.n());
  }

  @Test
  void an_item_that_wants_a_newer_reader_is_not_written_either() {
    place("s0", after(Position.of(5)));
    answer(placed.begin("totals", BY, false, Optional.empty()));
    edit(EmbeddedTable.keyOf(application, progress("s0")), "r", NEWER);
    edit(functionKey("totals"), "r", NEWER);

    assertThat(faultOf(placed.place(progress("s0"), after(Position.of(9)), BY + "!", false)))
        .isInstanceOf(CheckpointException.class);
    assertThat(faultOf(placed.place(progress("s0"), after(Position.of(9)), BY + "!", true)))
        .isInstanceOf(CheckpointException.class);
    assertThat(faultOf(placed.begin("totals", BY + "!", false, Optional.empty())))
        .isInstanceOf(CheckpointException.class);
  }

  @Test
  void an_item_that_wants_just_this_reader_is_written() {
    var reader = AttributeValue.fromN(Integer.toString(Attributes.READER));
    var item = EmbeddedTable.keyOf(application, progress("s0"));
    place("s0", after(Position.of(5)));
    answer(placed.begin("totals", BY, false, Optional.empty()));
    edit(functionKey("totals"), "r", reader);
    edit(item, "r", reader);

    answer(placed.begin("totals", BY + "!", false, Optional.empty()));
    answer(placed.place(progress("s0"), after(Position.of(7)), BY + "!", false));
    edit(item, "r", reader);
    answer(placed.place(progress("s0"), after(Position.of(9)), BY + "!", true));
    answer(placed.finish("totals"));

    assertThat(read("s0").progress().through()).contains(Position.of(9));
  }

  @Test
  void another_run_begins_and_places_where_one_broke_off() {
    answer(placed.begin("totals", BY, false, Optional.of(StartingPosition.TRIM_HORIZON)));

    answer(placed.begin("totals", BY + "!", false, Optional.of(StartingPosition.at(BEGAN))));
    answer(placed.place(progress("s0"), after(Position.of(9)), BY + "!", true));
    answer(placed.finish("totals"));

    assertThat(answer(placed.startOf("totals"))).contains(StartingPosition.TRIM_HORIZON);
    assertThat(read("s0").progress().through()).contains(Position.of(9));
  }

  @Test
  void what_was_never_begun_is_not_finished() {
    assertThat(faultOf(placed.finish("totals"))).isInstanceOf(CheckpointException.class);
    assertThat(answer(placed.startOf("totals"))).isEmpty();
  }

  /** As a parent's end leaves it: nobody has run the child, and it has progress all the same. */
  @Test
  void a_child_that_knows_of_its_parents_end_is_not_placed_elsewhere_unless_told_to() {
    var child = EmbeddedTable.keyOf(application, progress("s2"));
    edit(child, "f", AttributeValue.fromN("1"));
    edit(child, "r", AttributeValue.fromN("1"));

    assertThat(faultOf(placed.place(progress("s2"), after(Position.of(9)), BY, false)))
        .isInstanceOf(CheckpointException.class);
    answer(placed.place(progress("s2"), after(Position.of(9)), BY, true));
  }

  @Test
  void an_ended_shard_is_not_placed_again_though_its_owner_was_taken_out_by_hand() {
    place("s0", after(Position.of(5)));
    edit(
        EmbeddedTable.keyOf(application, progress("s0")), "ended", AttributeValue.fromL(List.of()));

    assertThat(faultOf(placed.place(progress("s0"), after(Position.of(9)), BY + "!", false)))
        .isInstanceOf(CheckpointException.class);
  }

  @Test
  void what_broke_off_half_way_is_done_again_and_may_be_moved_until_a_worker_ran() {
    place("s0", after(Position.of(5)));
    place("s0", after(Position.of(9)));
    assertThat(read("s0"))
        .isEqualTo(
            new Standing(
                false,
                Optional.of(BY),
                new Progress(Optional.of(Position.of(9)), List.of()),
                read("s0").parents(),
                false,
                0));
    seal(shard("s0"));

    assertThat(faultOf(placed.place(progress("s0"), after(Position.of(11)), BY + "!", false)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("has progress of its own since it was looked at");
    assertThat(read("s0").progress().through()).contains(Position.of(9));
  }

  @Test
  void a_function_that_ran_by_itself_is_not_begun_unless_told_to() {
    answer(store.startOf("totals", StartingPosition.at(BEGAN)));

    assertThat(faultOf(placed.begin("totals", BY, false, Optional.empty())))
        .hasMessageContaining("function totals of application " + application);
    answer(placed.begin("totals", BY, true, Optional.of(StartingPosition.TRIM_HORIZON)));
    answer(placed.finish("totals"));
    assertThat(answer(placed.startOf("totals"))).contains(StartingPosition.at(BEGAN));
  }

  @Test
  void what_a_worker_has_done_is_set_aside_only_when_told_to_and_its_late_commit_is_refused() {
    var owner = checkpointer(shard("s0"));
    answer(seal(owner));
    answer(on(() -> owner.begin(Position.of(3))));
    answer(
        on(
            () -> {
              owner.settled(Position.of(3));
              return null;
            }));

    answer(placed.place(progress("s0"), after(Position.of(9)), BY, true));

    assertThat(
            faultOf(on(() -> owner.commit(owner.capture(), CommitParts.NONE)).thenCompose(s -> s)))
        .isInstanceOf(CheckpointException.class);
    assertThat(read("s0").progress().through()).contains(Position.of(9));
    assertThat(read("s0").ran()).isTrue();
  }

  @Test
  void a_shard_that_is_ended_is_never_opened_again() {
    place("s0", new Placement.Ended(List.of(shard("s2", "s0"))));

    assertThat(faultOf(placed.place(progress("s0"), after(Position.of(9)), BY + "!", true)))
        .isInstanceOf(CheckpointException.class);
  }

  @Test
  void nothing_is_known_of_what_was_never_placed_nor_run() {
    assertThat(answer(placed.read(progress("s9")))).isEmpty();
    assertThat(answer(placed.startOf("totals"))).isEmpty();
    assertThat(answer(placed.exists())).isTrue();
    var nowhere = new PlacedProgress(EmbeddedTable.CLIENT, "absent", application);
    assertThat(answer(nowhere.exists())).isFalse();
    assertThat(answer(nowhere.startOf("totals"))).isEmpty();
  }

  private void edit(Map<String, AttributeValue> key, String attribute, AttributeValue value) {
    EmbeddedTable.CLIENT
        .updateItem(
            u ->
                u.tableName(EmbeddedTable.NAME)
                    .key(key)
                    .updateExpression("SET #a = :v")
                    .expressionAttributeNames(Map.of("#a", attribute))
                    .expressionAttributeValues(Map.of(":v", value)))
        .join();
  }

  private Map<String, AttributeValue> functionKey(String function) {
    return Map.of(
        "pk",
        AttributeValue.fromS(DynamoCheckpointStore.functions(application)),
        "sk",
        AttributeValue.fromS(function));
  }

  private static Placement after(Position position, String... endedParents) {
    var parents =
        java.util.Arrays.stream(endedParents)
            .map(ShardId::new)
            .collect(java.util.stream.Collectors.toSet());
    return new Placement.At(StartingPosition.after(position), parents);
  }

  private void place(String shard, Placement placement) {
    answer(placed.place(progress(shard), placement, BY, false));
  }

  private Standing read(String shard) {
    ProgressKey key = progress(shard);
    return answer(placed.read(key)).orElseThrow();
  }

  private Resumption seal(Shard shard) {
    return answer(seal(checkpointer(shard)));
  }

  private CompletableFuture<Resumption> seal(Checkpointer checkpointer) {
    return on(checkpointer::seal).thenCompose(stage -> stage);
  }

  private <T> CompletableFuture<T> on(java.util.function.Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, loop);
  }

  private Checkpointer checkpointer(Shard shard) {
    return checkpointer(shard, Start.HORIZON);
  }

  private Checkpointer checkpointer(Shard shard, Start start) {
    return TrackingCheckpointer.factory(
            store, "totals", start, CheckpointPolicy.DEFAULT, loop, Entropy.generator())
        .open(key(shard.id().value()), shard, token("ann", 1));
  }
}
