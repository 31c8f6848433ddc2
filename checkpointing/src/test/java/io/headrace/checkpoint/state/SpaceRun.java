package io.headrace.checkpoint.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** One shard with its state beside a plain map: what was committed, and what is there now. */
final class SpaceRun {
  /** What a commit stored, and what the state was then. */
  record Commit(List<CommitParts> parts, Map<EntryKey, StateValue> entries) {}

  final String shard;
  final HashRange range;
  final SimulatedLoop loop;
  final ChunkStore chunks;
  final StateCache cache;
  final StateRules rules;
  final Executor background;
  Commit commit;
  Map<EntryKey, StateValue> entries = new HashMap<>();
  StateSpace space;
  int epoch;

  /** Its name from the next restart on. */
  String function = "f";

  private @Nullable Throwable failure;

  SpaceRun(
      String shard,
      HashRange range,
      SimulatedLoop loop,
      ChunkStore chunks,
      StateCache cache,
      StateRules rules,
      Executor background,
      Commit commit) {
    this.shard = shard;
    this.range = range;
    this.loop = loop;
    this.chunks = chunks;
    this.cache = cache;
    this.rules = rules;
    this.background = background;
    this.commit = commit;
    this.space = open();
  }

  private StateSpace open() {
    epoch++;
    var home =
        new StateHome(
            "function " + function + ", shard " + shard,
            range,
            "app/" + function + "/" + shard + "/",
            "app/" + function + "/" + shard + "/" + epoch + ".0.",
            "state",
            chunks,
            cache,
            loop,
            background);
    return new StateSpace(
        home,
        (chunk, bytes) -> {
          throw new AssertionError("no former chunk was written: " + chunk);
        },
        (key, one, other) -> {
          throw new AssertionError(key + " is in two parents");
        },
        rules);
  }

  /** As after a crash, or at a new owner: from the last commit, as often as it takes. */
  SpaceRun restart() {
    for (int i = 0; i < 200; i++) {
      space = open();
      if (outcome(space.restore(commit.parts())).isPresent()) {
        entries = new HashMap<>();
        commit
            .entries()
            .forEach(
                (key, value) -> {
                  if (key.isIn(range)) {
                    entries.put(key, value);
                  }
                });
        return this;
      }
    }
    throw new AssertionError("shard " + shard + " can't be restored from its commit", failure);
  }

  void put(EntryKey key, StateValue value) {
    entries.put(key, value);
    space.put(known(key), value);
  }

  /** As a lane does: it goes on under the key that the look-up has found, if that is in memory. */
  private EntryKey known(EntryKey key) {
    return space.look(key) instanceof Lookup.Found found ? found.key() : key;
  }

  void remove(EntryKey key) {
    entries.remove(key);
    space.remove(known(key));
  }

  /** Reads an entry as a lane does, as often as it takes. */
  void check(EntryKey key) {
    for (int i = 0; i < 200; i++) {
      var lookup = space.look(key);
      Optional<StateValue> found;
      if (lookup instanceof Lookup.Loading loading) {
        var answer = outcome(loading.answer());
        if (answer.isEmpty()) {
          continue;
        }
        found = answer.get();
      } else {
        found =
            lookup instanceof Lookup.Found there ? Optional.of(there.value()) : Optional.empty();
      }
      assertThat(found).as("shard %s, %s", shard, key).isEqualTo(of(key));
      return;
    }
    throw new AssertionError(key + " can't be read");
  }

  private Optional<StateValue> of(EntryKey key) {
    return Optional.ofNullable(entries.get(key));
  }

  void checkResident(EntryKind kind) {
    var found = new HashMap<EntryKey, StateValue>();
    space.resident(kind).forEach(each -> found.put(each.getKey(), each.getValue()));
    var wanted = new HashMap<>(entries);
    wanted.keySet().removeIf(key -> key.kind() != kind);
    assertThat(found).as("%s of shard %s", kind, shard).isEqualTo(wanted);
  }

  /** A snapshot that succeeds, and what the state was when it was taken. */
  Commit snapshot() {
    for (int i = 0; i < 200; i++) {
      var taken = new HashMap<>(entries);
      var parts = outcome(space.snapshot());
      if (parts.isPresent()) {
        return new Commit(List.of(parts.get()), taken);
      }
    }
    throw new AssertionError("shard " + shard + " can't be stored");
  }

  void commit() {
    commit = snapshot();
    space.committed(commit.parts().get(0));
  }

  /** What a stage brings; empty when it fails. */
  <T> Optional<T> outcome(CompletionStage<T> stage) {
    var done = new CompletableFuture<Optional<T>>();
    var unused =
        stage.whenComplete(
            (value, thrown) -> {
              if (thrown != null && Stages.causeOf(thrown) instanceof AssertionError broken) {
                done.completeExceptionally(broken);
              } else {
                failure = thrown;
                done.complete(Optional.ofNullable(value));
              }
            });
    for (int i = 0; i < 100_000 && !done.isDone(); i++) {
      loop.advance(Duration.ofMillis(1));
    }
    assertThat(done).as("the stage ends").isDone();
    return done.join();
  }
}
