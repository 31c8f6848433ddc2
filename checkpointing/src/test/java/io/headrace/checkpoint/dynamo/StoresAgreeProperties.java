package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static io.headrace.checkpoint.Shards.at;
import static io.headrace.checkpoint.Shards.parts;
import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.range;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.CheckpointStore.Commit;
import io.headrace.checkpoint.CheckpointStore.End;
import io.headrace.checkpoint.CheckpointStore.TakeOver;
import io.headrace.checkpoint.CheckpointStore.Write;
import io.headrace.checkpoint.EndedParent;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.checkpoint.WriteClaim;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StartingPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * The store in memory stands for the one in DynamoDB in simulations, so both must answer alike,
 * refusals and faults included. jqwik prints the seed of a failure.
 */
class StoresAgreeProperties {
  private static final int STEPS = 50;

  @Property(tries = 30)
  void any_course_of_events_gets_the_same_answers(@ForAll long seed) {
    var course =
        new Course(
            new SplittableRandom(seed),
            new InMemoryCheckpointStore(),
            new DynamoCheckpointStore(
                EmbeddedTable.CLIENT, EmbeddedTable.NAME, EmbeddedTable.application()));
    for (int step = 0; step < STEPS; step++) {
      course.step();
    }
    course.compareAll();
  }

  private static final class Course {
    private static final List<String> SHARDS = List.of("s0", "s1", "s2", "s3");

    private final SplittableRandom random;
    private final CheckpointStore memory;
    private final CheckpointStore dynamo;
    private final Map<String, List<ProgressItem>> seen = new HashMap<>();
    private final Map<String, List<ProgressRow>> found = new HashMap<>();
    private final List<Write> sent = new ArrayList<>();
    private final Set<String> renamed = new HashSet<>();

    private Course(SplittableRandom random, CheckpointStore memory, CheckpointStore dynamo) {
      this.random = random;
      this.memory = memory;
      this.dynamo = dynamo;
    }

    private void step() {
      var shard = any(SHARDS);
      switch (random.nextInt(10)) {
        case 0, 1 -> seal(shard, 1 + random.nextInt(4));
        case 2, 3, 4 -> owned(shard).ifPresent(item -> send(commit(shard, item)));
        case 5 -> owned(shard).ifPresent(item -> send(end(shard, item)));
        case 6 -> {
          if (!sent.isEmpty()) {
            again(any(sent));
          }
        }
        case 7 -> move(shard);
        case 8 -> rename(shard);
        default -> {
          var proposed = StartingPosition.at(Instant.ofEpochSecond(random.nextInt(9)));
          same(store -> store.startOf(functionOf(shard), proposed));
        }
      }
    }

    /** The one name takes over from the other, and takes back. */
    private void rename(String shard) {
      var one = progress(shard);
      var other = one.named("sums");
      boolean forth = random.nextInt(3) > 0;
      var token = token("dan", 1L + random.nextInt(6));
      var takes =
          forth
              ? new TakeOver(other, List.of(one.function()), token)
              : new TakeOver(one, List.of(other.function()), token);
      renamed.add(shard);
      same(store -> store.takeOver(takes));
      if (random.nextBoolean()) {
        same(store -> store.seal(takes.key(), token, "nonce"));
      }
    }

    private void compareAll() {
      SHARDS.forEach(shard -> seal(shard, 1));
      SHARDS.forEach(shard -> seal(shard, 9));
      SHARDS.forEach(
          shard -> same(store -> store.seal(progress(shard).named("sums"), token("eve", 9), "n")));
    }

    private void seal(String shard, long epoch) {
      var token = token(random.nextInt(5) == 0 ? "bob" : "ann", epoch);
      var nonce = "nonce" + random.nextInt(100);
      same(store -> store.seal(progress(shard), token, nonce))
          .ifPresent(item -> seen.computeIfAbsent(shard, s -> new ArrayList<>()).add(item));
    }

    /**
     * For ten minutes DynamoDB answers that a transaction is applied which it has applied, whatever
     * came since: so of an end that was sent before its name was taken over.
     */
    private void again(Write write) {
      if (!(write instanceof End
          && renamed.contains(write.claim().key().shard().shard().value()))) {
        send(write);
      }
    }

    private void send(Write write) {
      var applied =
          same(
              store ->
                  write instanceof Commit commit ? store.commit(commit) : store.end((End) write));
      sent.add(write);
      if (applied.isPresent() && random.nextInt(4) > 0) {
        // Read again, so that long runs of commits happen as well.
        seal(write.claim().key().shard().shard().value(), 1);
      }
    }

    /** As an operator, who may have looked some time ago. */
    private void move(String shard) {
      var key = progress(shard);
      var rows = found.computeIfAbsent(shard, s -> new ArrayList<>());
      same(store -> store.operator().progress(key)).ifPresent(rows::add);
      if (rows.isEmpty()) {
        return;
      }
      var row = random.nextBoolean() ? rows.get(rows.size() - 1) : any(rows);
      var to =
          random.nextBoolean()
              ? StartingPosition.after(at(random.nextInt(1000)))
              : StartingPosition.at(Instant.ofEpochSecond(random.nextInt(9)));
      long order = 1L + random.nextInt(9);
      same(store -> store.operator().move(row, to, order));
    }

    private Optional<ProgressItem> owned(String shard) {
      var items = seen.getOrDefault(shard, List.of());
      if (items.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(random.nextInt(4) > 0 ? items.get(items.size() - 1) : any(items));
    }

    private Commit commit(String shard, ProgressItem item) {
      Set<ShardId> takenOver = random.nextBoolean() ? item.parents().keySet() : new HashSet<>();
      return new Commit(claim(shard, item), anyProgress(), anyParts(), takenOver);
    }

    private End end(String shard, ProgressItem item) {
      int next = SHARDS.indexOf(shard) + 1;
      var children = new ArrayList<Shard>();
      for (int i = next; i < SHARDS.size() && children.size() < 2; i++) {
        children.add(shard(SHARDS.get(i), shard));
      }
      var from =
          random.nextBoolean()
              ? StartingPosition.TRIM_HORIZON
              : StartingPosition.at(Instant.ofEpochMilli(random.nextInt(5000)));
      var left = new EndedParent(item.fencingToken(), from, anyParts());
      return new End(claim(shard, item), anyProgress(), left, children);
    }

    private WriteClaim claim(String shard, ProgressItem item) {
      var who = item.token().owner().workerId();
      var token =
          switch (random.nextInt(8)) {
            case 0 -> token("cid", 1 + random.nextInt(4));
            case 1 -> token(who, 1 + random.nextInt(4));
            default -> item.token();
          };
      var nonce = random.nextInt(12) == 0 ? "another" : item.nonce();
      return new WriteClaim(
          progress(shard), token, item.rev(), nonce, Long.toString(random.nextLong()));
    }

    private Progress anyProgress() {
      long from = random.nextInt(1000);
      var through = random.nextInt(4) == 0 ? Optional.<Long>empty() : Optional.of(from);
      var ranges =
          random.nextBoolean()
              ? List.of(range(from + 2, from + 5), range(from + 9, from + 9))
              : List.<Progress.Range>of();
      return new Progress(through.map(n -> at(n)), ranges);
    }

    private CommitParts anyParts() {
      return random.nextInt(3) == 0 ? CommitParts.NONE : parts("root" + random.nextInt(9));
    }

    private String functionOf(String shard) {
      return "function-of-" + shard;
    }

    private <T> T any(List<T> list) {
      return list.get(random.nextInt(list.size()));
    }

    /** The answer that both give; empty when both fail alike. */
    private <T> Optional<T> same(Function<CheckpointStore, CompletionStage<T>> request) {
      var first = request.apply(memory);
      var second = request.apply(dynamo);
      var fault = faultOf(first);
      if (fault == null) {
        assertThat(answer(second)).isEqualTo(answer(first));
        return Optional.ofNullable(answer(first));
      }
      assertThat(faultOf(second)).hasSameClassAs(fault).hasMessage(fault.getMessage());
      return Optional.empty();
    }
  }
}
