package io.headrace.bench.outage;

import io.headrace.bench.rig.Target;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether each record was handled, in the order of its key, and again only where owners changed.
 * Knows how many records of each key were put, and what the workers' journals hold. Confined to one
 * thread.
 */
final class OutageJudge {
  /**
   * What was counted.
   *
   * @param handled records, each once
   * @param lost put, and handled by nobody
   * @param neverPut calls for what nobody put
   * @param outOfOrder records whose first success began before that of the one before them was done
   * @param duplicates calls for a record that was handled before
   * @param duplicatesUnexplained of these, by a worker that had not begun anew with the shard
   */
  record Verdict(
      long handled,
      long lost,
      long neverPut,
      long outOfOrder,
      long duplicates,
      long duplicatesUnexplained) {
    /** What is wanted of every run. */
    List<Target> targets() {
      return List.of(
          Target.atMost("records lost", 0, lost),
          Target.atMost("records handled that nobody put", 0, neverPut),
          Target.atMost("records out of the order of their key", 0, outOfOrder),
          Target.atMost(
              "duplicates by an owner that had not begun anew", 0, duplicatesUnexplained));
    }

    void addTo(Map<String, Object> json) {
      json.put("handled", handled);
      json.put("lost", lost);
      json.put("outOfOrder", outOfOrder);
      json.put("duplicates", duplicates);
      json.put("duplicatesUnexplained", duplicatesUnexplained);
    }
  }

  /** Who handled a record, and by which start of its shard. */
  private record Owner(int worker, long sealed) {}

  /** A record by itself. */
  private record Numbered(int key, int number) {}

  /** By key and number: the first success; 0 where there is none. */
  private final long[][] begun;

  private final long[][] done;

  /** The worker and the start of the shard behind each first call that was read. */
  private final long[][] sealed;

  private final byte[][] workers;
  private final Map<Numbered, Set<Owner>> repeated = new HashMap<>();
  private long neverPut;
  private long duplicates;
  private long unexplained;

  /**
   * @param numbers how many records of each key were put
   */
  OutageJudge(int[] numbers) {
    begun = table(numbers);
    done = table(numbers);
    sealed = table(numbers);
    workers = Arrays.stream(numbers).mapToObj(byte[]::new).toArray(byte[][]::new);
  }

  private static long[][] table(int[] numbers) {
    return Arrays.stream(numbers).mapToObj(long[]::new).toArray(long[][]::new);
  }

  /**
   * Hears of a call; those of one worker in any order.
   *
   * @param worker its number, below 100
   */
  void accept(int worker, Journal.Entry call) {
    int key = call.key();
    int number = call.number();
    if (key < 0 || key >= done.length || number < 0 || number >= done[key].length) {
      neverPut++;
      return;
    }
    if (done[key][number] == 0) {
      workers[key][number] = (byte) worker;
      sealed[key][number] = call.sealed();
    } else {
      duplicates++;
      Owner first = new Owner(workers[key][number], sealed[key][number]);
      Set<Owner> owners =
          repeated.computeIfAbsent(
              new Numbered(key, number), absent -> new HashSet<>(Set.of(first)));
      unexplained += owners.add(new Owner(worker, call.sealed())) ? 0 : 1;
    }
    if (done[key][number] == 0 || call.done() < done[key][number]) {
      begun[key][number] = call.begun();
      done[key][number] = call.done();
    }
  }

  /** When all journals are read. */
  Verdict verdict() {
    long handled = 0;
    long lost = 0;
    long outOfOrder = 0;
    for (int key = 0; key < done.length; key++) {
      for (int number = 0; number < done[key].length; number++) {
        boolean is = done[key][number] != 0;
        handled += is ? 1 : 0;
        lost += is ? 0 : 1;
        outOfOrder += is && number > 0 && begun[key][number] < done[key][number - 1] ? 1 : 0;
      }
    }
    return new Verdict(handled, lost, neverPut, outOfOrder, duplicates, unexplained);
  }
}
