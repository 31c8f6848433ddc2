package io.headrace.checkpoint.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StateSpaceProperties {
  private static final int SEEDS = Integer.getInteger("headrace.state.seeds", 16);
  private static final int STEPS = 200;
  private static final long BASE = Long.getLong("headrace.state.base", 0);

  /** Small chunks make deep trees, and nothing is read before it is asked for. */
  private static class Small extends StateRules {
    @Override
    int chunkBytes() {
      return 700;
    }

    @Override
    int runsMax() {
      return 4;
    }

    @Override
    long warmBytes() {
      return 4_000;
    }
  }

  @Test
  void state_equals_a_plain_map_whatever_happens() {
    for (long seed = BASE; seed < BASE + SEEDS; seed++) {
      try {
        new SpaceCourse(seed, seed % 2 == 0 ? new Small() : StateRules.SOUND).go(STEPS);
      } catch (Throwable broken) {
        throw new AssertionError("seed " + seed, broken);
      }
    }
  }

  private static final Map<String, StateRules> PLANTED =
      new TreeMap<>(
          Map.of(
              "a tombstone is lost while something lies beneath",
              new Small() {
                @Override
                boolean dropsTombstone(boolean beneath) {
                  return true;
                }
              },
              "the filter denies a key that is there",
              new Small() {
                @Override
                boolean mayHold(byte[] bloom, byte[] key) {
                  return key[1] % 8 != 0 && super.mayHold(bloom, key);
                }
              },
              "merging keeps the oldest",
              new Small() {
                @Override
                RawEntry winner(List<RawEntry> same) {
                  return same.get(same.size() - 1);
                }
              },
              "what went to another shard counts still",
              new Small() {
                @Override
                boolean isInLimit(Run run, byte[] key) {
                  return true;
                }
              },
              "an inherited chunk is deleted",
              new Small() {
                @Override
                boolean mayDelete(String chunk, String shardPrefix) {
                  return true;
                }
              },
              "a commit rides on a root whose runs were merged since",
              new Small() {
                @Override
                boolean ridesOn(boolean sameRuns) {
                  return true;
                }
              },
              "chunks are collected before the commit",
              new Small() {
                @Override
                boolean collectsBeforeCommit() {
                  return true;
                }
              }));

  @Test
  void each_rule_that_is_broken_is_noticed() {
    for (var planted : PLANTED.entrySet()) {
      assertThat(seedsUntilNoticed(planted.getValue())).as(planted.getKey()).isLessThan(40);
    }
  }

  private static int seedsUntilNoticed(StateRules planted) {
    for (int seed = 0; seed < 40; seed++) {
      try {
        new SpaceCourse(seed, planted).go(STEPS);
      } catch (AssertionError noticed) {
        return seed;
      }
    }
    return 40;
  }
}
