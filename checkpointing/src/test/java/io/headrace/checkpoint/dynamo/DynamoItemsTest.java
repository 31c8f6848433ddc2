package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.CheckpointStore.Commit;
import io.headrace.checkpoint.CheckpointStore.End;
import io.headrace.checkpoint.EndedParent;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.checkpoint.WriteClaim;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What the items look like, and how other versions' items are treated. */
class DynamoItemsTest {
  private static final ProgressKey KEY = progress("s0");

  private final String application = EmbeddedTable.application();
  private final DynamoCheckpointStore store =
      new DynamoCheckpointStore(EmbeddedTable.CLIENT, EmbeddedTable.NAME, application);

  @Test
  void a_progress_item_lies_in_the_bucket_of_its_shard_and_can_be_read_by_people() {
    var commit = commit(seal(), Progress.NONE);
    answer(store.commit(commit));

    var item = item(KEY);
    assertThat(item.get("pk").s()).matches(application + "!L!\\d\\d");
    assertThat(item.get("sk").s()).isEqualTo("orders@1767225600/s0!totals");
    assertThat(item.get("own").s()).isEqualTo("ann#1");
    assertThat(item.get("ep").n()).isEqualTo("1");
    assertThat(item.get("f").n()).isEqualTo("1");
    assertThat(item.get("r").n()).isEqualTo("1");
  }

  @Test
  void an_item_takes_less_than_a_kilobyte_however_many_records_wait_for_a_hot_key() {
    // As many as a shard has under way by default, each with 24 records of other keys behind it.
    var progress = everyOther(256, 24);
    answer(store.commit(commit(seal(), progress)));

    assertThat(sizeOf(item(KEY))).isLessThan(1024);
    assertThat(answer(store.seal(KEY, token("ann", 1), "n")).progress()).isEqualTo(progress);
  }

  @Test
  void a_few_ranges_are_text_and_many_are_not_for_readers_who_do_not_know_them() {
    answer(store.commit(commit(seal(), everyOther(4, 2))));
    assertThat(item(KEY)).containsKey("rng").doesNotContainKey("rngs");
    assertThat(item(KEY).get("r").n()).isEqualTo("1");

    answer(store.commit(commit(answer(store.seal(KEY, token("ann", 1), "n")), everyOther(5, 2))));
    assertThat(item(KEY)).containsKey("rngs").doesNotContainKey("rng");
    assertThat(item(KEY).get("r").n()).as("a reader of 2 refuses it by name").isEqualTo("3");

    answer(store.commit(commit(answer(store.seal(KEY, token("ann", 1), "n")), everyOther(0, 2))));
    assertThat(item(KEY)).doesNotContainKeys("rng", "rngs");
  }

  @Test
  void ranges_as_earlier_versions_wrote_them_are_read_however_many_they_are() {
    var progress = everyOther(40, 2);
    seal();
    set(
        KEY,
        Map.of(
            "pos", AttributeValue.fromS(progress.through().orElseThrow().toString()),
            "rng", AttributeValue.fromS(ProgressText.ofRanges(progress))));

    assertThat(answer(store.seal(KEY, token("bob", 2), "n")).progress()).isEqualTo(progress);
  }

  @Test
  void spoiled_ranges_are_refused_with_the_attribute() {
    seal();
    set(KEY, Map.of("rngs", AttributeValue.fromB(SdkBytes.fromByteArray(new byte[] {9}))));

    assertThat(faultOf(store.seal(KEY, token("bob", 2), "n")))
        .hasMessageContaining("s0!totals")
        .hasMessageContaining("attribute rngs: ranges of version 9");
  }

  /** Runs of finished records, each behind one that is not, as Kinesis numbers them. */
  private static Progress everyOther(int runs, int records) {
    var base = new BigInteger("49590338271490256608559692538361571095921575989136588898");
    var ranges = new ArrayList<Progress.Range>();
    for (long i = 0; i < runs; i++) {
      long first = 2 + i * (records + 1);
      ranges.add(new Progress.Range(at(base, first), at(base, first + records - 1)));
    }
    return new Progress(Optional.of(Position.of(base.toString())), ranges);
  }

  private static Position at(BigInteger base, long record) {
    return Position.of(base.add(BigInteger.valueOf(record).shiftLeft(80)).toString());
  }

  @Test
  void the_most_that_may_be_committed_fits_into_an_item() {
    var base = BigInteger.TEN.pow(128);
    var ranges = new ArrayList<Progress.Range>();
    for (int i = 1; i <= 512; i++) {
      var first =
          base.add(BigInteger.TEN.pow(122).multiply(BigInteger.valueOf((long) i * i))).add(base);
      ranges.add(new Progress.Range(Position.of(first.toString()), Position.of(first.toString())));
    }
    var commit =
        new Commit(
            claim(KEY, seal()),
            new Progress(Optional.of(Position.of(base.toString())), ranges),
            CommitParts.of("root", new byte[64 << 10]),
            Set.of());

    assertThat(answer(store.commit(commit))).isEqualTo(new WriteAnswer.Applied());
  }

  @Test
  void what_a_later_version_added_to_an_item_is_kept() {
    var item = seal();
    set(KEY, Map.of("parked", AttributeValue.fromS("key 7 since 12:00")));
    answer(store.commit(commit(item, Progress.NONE)));
    answer(store.seal(KEY, token("bob", 2), "n"));

    assertThat(item(KEY).get("parked").s()).isEqualTo("key 7 since 12:00");
  }

  @Test
  void a_later_format_that_this_version_can_read_is_kept() {
    var item = seal();
    set(KEY, Map.of("f", AttributeValue.fromN("7")));
    answer(store.commit(commit(item, Progress.NONE)));

    assertThat(item(KEY).get("f").n()).isEqualTo("7");
  }

  @Test
  void an_item_that_wants_a_newer_reader_is_refused_by_name_and_left_alone() {
    var item = seal();
    set(KEY, Map.of("f", AttributeValue.fromN("5"), "r", AttributeValue.fromN("5")));
    var before = item(KEY);

    for (var refused :
        List.of(
            faultOf(store.seal(KEY, token("bob", 2), "n")),
            faultOf(store.commit(commit(item, Progress.NONE))),
            faultOf(store.end(end(KEY, item))))) {
      assertThat(refused)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("orders@1767225600/s0!totals")
          .hasMessageContaining("has format 5 and wants a reader of at least 5")
          .hasMessageContaining("this version is reader 4");
    }
    assertThat(item(KEY)).isEqualTo(before);
  }

  @Test
  void a_child_that_wants_a_newer_reader_is_named_and_the_parent_does_not_end() {
    var child = progress("s1");
    answer(store.seal(child, token("ann", 1), "n"));
    set(child, Map.of("r", AttributeValue.fromN("5")));

    assertThat(faultOf(store.end(end(KEY, seal()))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("orders@1767225600/s1!totals");
    assertThat(item(KEY)).doesNotContainKey("ended");
  }

  @Test
  void an_item_that_wants_just_this_reader_is_sealed_committed_and_ended() {
    var reader = Map.of("r", AttributeValue.fromN(Integer.toString(Attributes.READER)));
    seal();
    set(KEY, reader);
    var sealed = answer(store.seal(KEY, token("bob", 2), "n"));
    assertThat(sealed.token()).isEqualTo(token("bob", 2));
    answer(store.commit(commit(sealed, Progress.NONE)));
    var child = progress("s1");
    answer(store.seal(child, token("ann", 1), "n"));
    set(child, reader);
    answer(store.end(end(KEY, answer(store.seal(KEY, token("cid", 3), "n")))));
    answer(store.startOf("totals", StartingPosition.TRIM_HORIZON));
    set(
        Map.of(
            "pk", AttributeValue.fromS(application + "!F"), "sk", AttributeValue.fromS("totals")),
        reader);

    assertThat(answer(store.startOf("totals", StartingPosition.at(Instant.EPOCH))))
        .isEqualTo(StartingPosition.TRIM_HORIZON);
    assertThat(item(KEY)).containsKey("ended");
  }

  @Test
  void a_function_item_that_wants_a_newer_reader_is_refused() {
    answer(store.startOf("totals", StartingPosition.TRIM_HORIZON));
    var key =
        Map.of(
            "pk", AttributeValue.fromS(application + "!F"), "sk", AttributeValue.fromS("totals"));
    set(key, Map.of("r", AttributeValue.fromN("5")));

    assertThat(faultOf(store.startOf("totals", StartingPosition.TRIM_HORIZON)))
        .hasMessageContaining("function item " + application + "!F totals");
  }

  @Test
  void an_item_that_somebody_spoiled_is_refused_with_the_attribute() {
    seal();
    set(KEY, Map.of("pos", AttributeValue.fromS("seven")));

    assertThat(faultOf(store.seal(KEY, token("bob", 2), "n")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("s0!totals")
        .hasMessageContaining("\"seven\"");
  }

  @Test
  void a_missing_table_is_one_plain_sentence() {
    var lost = new DynamoCheckpointStore(EmbeddedTable.CLIENT, "no-such-table", "app");
    var plain =
        "DynamoDB table no-such-table does not exist: create it with partition key pk and sort"
            + " key sk, both strings";

    assertThat(faultOf(lost.seal(KEY, token("ann", 1), "n"))).hasMessage(plain);
    assertThat(faultOf(lost.startOf("f", StartingPosition.TRIM_HORIZON))).hasMessage(plain);
    assertThat(faultOf(lost.end(end(KEY, seal())))).hasMessage(plain);
  }

  @Test
  void applications_of_one_table_do_not_meet() {
    seal();
    var other =
        new DynamoCheckpointStore(
            EmbeddedTable.CLIENT, EmbeddedTable.NAME, EmbeddedTable.application());

    assertThat(answer(other.seal(KEY, token("bob", 1), "n")).token()).isEqualTo(token("bob", 1));
    assertThatThrownBy(() -> new DynamoCheckpointStore(EmbeddedTable.CLIENT, "t", "a!b"))
        .hasMessageContaining("\"a!b\"");
  }

  private ProgressItem seal() {
    return answer(store.seal(KEY, token("ann", 1), "n"));
  }

  private static WriteClaim claim(ProgressKey key, ProgressItem item) {
    return new WriteClaim(key, item.token(), item.rev(), item.nonce(), "attempt");
  }

  private static Commit commit(ProgressItem item, Progress progress) {
    return new Commit(claim(KEY, item), progress, parts("root of the state, 30 bytes"), Set.of());
  }

  private static End end(ProgressKey key, ProgressItem item) {
    var left = new EndedParent(1, StartingPosition.TRIM_HORIZON, parts("root"));
    return new End(claim(key, item), Progress.NONE, left, List.of(shard("s1", "s0")));
  }

  private Map<String, AttributeValue> item(ProgressKey key) {
    return answer(
            EmbeddedTable.CLIENT.getItem(
                g -> g.tableName(EmbeddedTable.NAME).key(EmbeddedTable.keyOf(application, key))))
        .item();
  }

  private void set(ProgressKey key, Map<String, AttributeValue> attributes) {
    set(EmbeddedTable.keyOf(application, key), attributes);
  }

  private static void set(Map<String, AttributeValue> key, Map<String, AttributeValue> attributes) {
    var item =
        new HashMap<>(
            answer(EmbeddedTable.CLIENT.getItem(g -> g.tableName(EmbeddedTable.NAME).key(key)))
                .item());
    item.putAll(attributes);
    answer(EmbeddedTable.CLIENT.putItem(p -> p.tableName(EmbeddedTable.NAME).item(item)));
  }

  /** As DynamoDB counts: names and values, and 3 bytes for each map and list. */
  private static int sizeOf(Map<String, AttributeValue> item) {
    return item.entrySet().stream().mapToInt(e -> e.getKey().length() + sizeOf(e.getValue())).sum();
  }

  private static int sizeOf(AttributeValue value) {
    if (value.hasM()) {
      return 3 + sizeOf(value.m());
    }
    if (value.b() != null) {
      return value.b().asByteArrayUnsafe().length;
    }
    return value.s() != null ? value.s().length() : 21;
  }
}
