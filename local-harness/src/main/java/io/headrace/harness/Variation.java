package io.headrace.harness;

import io.headrace.harness.FunctionVerifier.Kind;
import java.util.List;
import java.util.stream.Collectors;

/** One way to run a scenario otherwise than plainly. Records are numbered from 1. Immutable. */
sealed interface Variation {
  /** Names it, so that it can be run alone. */
  String id();

  Kind kind();

  /** A clause that begins with "when". */
  String when();

  /** Whether the next record comes in the same batch. */
  default boolean isTogether(int record) {
    return false;
  }

  /** Asked behind each record, and with 0 before the first. */
  default void behind(int record, VariedRun<?, ?> run) {}

  /** At which crash point the worker ends; -1 for none. */
  default int crashPoint() {
    return -1;
  }

  /** Record by record, nothing in between: what all others are compared with. */
  record Plain() implements Variation {
    @Override
    public String id() {
      return "again";
    }

    @Override
    public Kind kind() {
      return Kind.AGAIN;
    }

    @Override
    public String when() {
      return "when the very same run is made again";
    }
  }

  /** Records come together. */
  record Batches(List<Integer> sizes) implements Variation {
    @Override
    public String id() {
      return "batches:" + sizes.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    @Override
    public Kind kind() {
      return Kind.BATCHES;
    }

    @Override
    public String when() {
      return "when the records come in batches of "
          + sizes.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    @Override
    public boolean isTogether(int record) {
      int through = 0;
      for (int size : sizes) {
        through += size;
        if (through >= record) {
          return through > record;
        }
      }
      return false;
    }
  }

  /** An orderly stop: everything is committed, and read back by the next worker. */
  record Restart(int record) implements Variation {
    @Override
    public String id() {
      return "restart:" + record;
    }

    @Override
    public Kind kind() {
      return Kind.RESTART;
    }

    @Override
    public String when() {
      return "when the worker stops in order behind record " + record + " and another goes on";
    }

    @Override
    public void behind(int behind, VariedRun<?, ?> run) {
      if (behind == record) {
        run.restart();
      }
    }
  }

  /**
   * Records that were handled come again.
   *
   * @param committed the last that does not; 0 for none
   */
  record Redelivery(int committed, int record) implements Variation {
    @Override
    public String id() {
      return "redelivery:" + committed + "-" + record;
    }

    @Override
    public Kind kind() {
      return Kind.REDELIVERY;
    }

    @Override
    public String when() {
      return "when the worker "
          + (committed == 0 ? "" : "commits behind record " + committed + ", ")
          + "crashes behind record "
          + record
          + " and what is not committed is delivered again";
    }

    @Override
    public void behind(int behind, VariedRun<?, ?> run) {
      if (behind == committed && behind > 0) {
        run.commit();
      }
      if (behind == record) {
        run.crash();
      }
    }
  }

  /**
   * A crash between an effect and its commit, with a commit behind each record.
   *
   * @param crashPoint in the order of a run without a crash; -1 for that run
   * @param where a clause
   */
  record Crash(int crashPoint, String where) implements Variation {
    @Override
    public String id() {
      return crashPoint < 0 ? "crash:none" : "crash:" + crashPoint;
    }

    @Override
    public Kind kind() {
      return Kind.CRASH;
    }

    @Override
    public String when() {
      return crashPoint < 0
          ? "when there is a commit behind each record"
          : "when there is a commit behind each record and the worker crashes " + where;
    }

    @Override
    public void behind(int behind, VariedRun<?, ?> run) {
      run.commit();
    }
  }

  /** Each shard becomes two. */
  record Split(int record) implements Variation {
    @Override
    public String id() {
      return "split:" + record;
    }

    @Override
    public Kind kind() {
      return Kind.SPLIT;
    }

    @Override
    public String when() {
      return "when the shard is split " + place(record);
    }

    @Override
    public void behind(int behind, VariedRun<?, ?> run) {
      if (behind == record) {
        run.split();
      }
    }
  }

  /** Two shards become one. */
  record Merge(int record) implements Variation {
    @Override
    public String id() {
      return "merge:" + record;
    }

    @Override
    public Kind kind() {
      return Kind.MERGE;
    }

    @Override
    public String when() {
      return "when there are two shards, which are merged " + place(record);
    }

    @Override
    public void behind(int behind, VariedRun<?, ?> run) {
      if (behind == 0) {
        run.split();
      }
      if (behind == record) {
        run.merge();
      }
    }
  }

  /** The next version takes over. */
  record Roll(int record) implements Variation {
    @Override
    public String id() {
      return "roll:" + record;
    }

    @Override
    public Kind kind() {
      return Kind.ROLL;
    }

    @Override
    public String when() {
      return "when the next version takes over " + place(record);
    }

    @Override
    public void behind(int behind, VariedRun<?, ?> run) {
      if (behind == record) {
        run.roll();
      }
    }
  }

  private static String place(int record) {
    return record == 0 ? "before the first record" : "behind record " + record;
  }
}
