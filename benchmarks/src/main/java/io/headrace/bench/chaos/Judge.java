package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.chaos.Testimony.ByShard;
import io.headrace.bench.chaos.Testimony.Commit;
import io.headrace.bench.chaos.Testimony.Done;
import io.headrace.bench.chaos.Testimony.Finished;
import io.headrace.bench.chaos.Testimony.Seal;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Says whether what producer, workers and a reader of the outputs wrote down ({@link Testimony})
 * may have happened. It knows nothing of how any of them works, and no class of theirs: only the
 * lines. Confined to one thread.
 */
public final class Judge {
  private final Testimony told;
  private final Map<String, Long> verdict = new LinkedHashMap<>();

  Judge(Testimony told) {
    this.told = told;
  }

  /** Prints the verdict on a folder as one line of JSON. */
  public static void main(String[] args) throws IOException {
    System.out.println(new ObjectMapper().writeValueAsString(of(Path.of(args[0]))));
  }

  /** What was counted, by name. */
  public static Map<String, Long> of(Path folder) throws IOException {
    Judge judge = new Judge(Testimony.in(folder));
    judge.decide();
    return judge.verdict;
  }

  private void decide() {
    Map<String, Done> first = new HashMap<>();
    told.dones
        .all()
        .forEach(d -> first.merge(d.record(), d, (a, b) -> a.done() <= b.done() ? a : b));
    Set<String> put = new HashSet<>();
    told.puts.values().forEach(records -> put.addAll(records.values()));
    count("puts", put.size());
    count("delivered", told.dones.all().count());
    count("commits", told.commits.all().filter(Commit::applied).count());
    count("takeOvers", told.seals.all().count());
    count("outputs", told.outputs.size());
    count("lost", put.stream().filter(record -> !first.containsKey(record)).count());
    count("uncommitted", uncommitted());
    count("passedOver", passedOver());
    Set<String> sent = new HashSet<>(told.outputs);
    count("outputsLost", put.stream().filter(record -> !sent.contains(record)).count());
    sent.addAll(first.keySet());
    count("neverPut", sent.stream().filter(record -> !told.tried.contains(record)).count());
    count("orderViolations", first.values().stream().filter(d -> early(d, first)).count());
    count("outputOrderViolations", outputsOutOfOrder());
    count("staleCommits", staleCommits());
    count("progressFellBack", progressFellBack());
    duplicates();
  }

  /** Records that no commit and no new owner calls finished: they would come again for ever. */
  long uncommitted() {
    long uncommitted = 0;
    for (String shard : told.puts.keySet()) {
      List<Commit> applied = told.commits.in(shard).stream().filter(Commit::applied).toList();
      uncommitted +=
          told.putsIn(shard).keySet().stream()
              .filter(sequence -> applied.stream().noneMatch(c -> c.holds(sequence)))
              .filter(sequence -> told.seals.in(shard).stream().noneMatch(s -> s.holds(sequence)))
              .count();
    }
    return uncommitted;
  }

  /** Records that a commit calls finished although nobody had been done with them when it left. */
  private long passedOver() {
    long passed = 0;
    for (String shard : told.commits.keySet()) {
      Map<BigInteger, Long> done = new HashMap<>();
      told.dones.in(shard).forEach(d -> done.merge(d.sequence(), d.done(), Math::min));
      for (BigInteger sequence : told.putsIn(shard).keySet()) {
        long doneAt = done.getOrDefault(sequence, Long.MAX_VALUE);
        passed +=
            told.commits.in(shard).stream().anyMatch(c -> c.sent() < doneAt && c.holds(sequence))
                ? 1
                : 0;
      }
    }
    return passed;
  }

  /** Whether a record's first success was begun before the one before it of its key was done. */
  private static boolean early(Done done, Map<String, Done> first) {
    int number = number(done.record());
    Done before = first.get(key(done.record()) + " " + (number - 1));
    return number > 0 && (before == null || before.done() > done.begun());
  }

  private long outputsOutOfOrder() {
    Map<String, Integer> next = new HashMap<>();
    long wrong = 0;
    for (String output : told.outputs) {
      int expected = next.getOrDefault(key(output), 0);
      wrong += number(output) > expected ? 1 : 0;
      next.put(key(output), Math.max(expected, number(output) + 1));
    }
    return wrong;
  }

  /**
   * Commits that were applied although somebody else had sealed the shard, or nobody for them:
   * those that left after that seal was answered, and those that crossed it on the way and are not
   * in what it found, so came behind it.
   */
  long staleCommits() {
    return sumOfShards(
        told.commits,
        (shard, commit) ->
            commit.applied()
                && (told.seals.in(shard).stream()
                        .noneMatch(
                            own ->
                                own.token().equals(commit.token())
                                    && own.answered() <= commit.sent())
                    || told.seals.in(shard).stream()
                        .filter(seal -> replaces(shard, seal, commit.token()))
                        .anyMatch(seal -> isBehind(shard, commit, seal))));
  }

  private boolean isBehind(String shard, Commit commit, Seal seal) {
    boolean crossed = commit.sent() <= seal.answered() && seal.sent() <= commit.answered();
    return seal.answered() < commit.sent()
        || (crossed && !seal.ended() && !within(shard, commit, seal.found()));
  }

  /** Whether a seal came after that of a token. */
  private boolean replaces(String shard, Seal seal, String token) {
    return !seal.token().equals(token)
        && told.seals.in(shard).stream()
            .anyMatch(own -> own.token().equals(token) && own.answered() < seal.sent());
  }

  /** Owners that did not find finished, or did not commit again, what was confirmed before. */
  long progressFellBack() {
    return sumOfShards(
            told.seals,
            (shard, seal) -> !seal.ended() && fellBack(shard, seal.sent(), seal.found()))
        + sumOfShards(
            told.commits,
            (shard, next) ->
                next.applied() && !next.end() && fellBack(shard, next.sent(), next.finished()));
  }

  private boolean fellBack(String shard, long tick, Finished found) {
    return told.commits.in(shard).stream()
        .filter(commit -> commit.applied() && commit.answered() < tick)
        .max(Comparator.comparingLong(Commit::answered))
        .filter(last -> !within(shard, last, found))
        .isPresent();
  }

  /** An end is within nothing but an end. */
  private boolean within(String shard, Commit commit, Finished found) {
    return !commit.end()
        && told.putsIn(shard).keySet().stream()
            .allMatch(sequence -> !commit.holds(sequence) || found.holds(sequence));
  }

  /**
   * A record may come again only to an owner who did not find it finished, and once to each; so
   * there can't be more of them than calls that had begun, and were not committed, when somebody
   * took over.
   */
  private void duplicates() {
    long duplicates = 0;
    long unexplained = 0;
    long inFlight = 0;
    long stale = 0;
    for (String shard : told.dones.keySet()) {
      List<Done> dones =
          told.dones.in(shard).stream().sorted(Comparator.comparingLong(Done::begun)).toList();
      Set<BigInteger> seen = new HashSet<>();
      Set<List<Object>> seenBy = new HashSet<>();
      for (Done done : dones) {
        Optional<Seal> seal = sealOf(shard, done);
        boolean again = !seen.add(done.sequence());
        boolean twice = !seenBy.add(List.of(seal.map(Seal::token).orElse(""), done.sequence()));
        boolean known = seal.isEmpty() || seal.get().holds(done.sequence());
        duplicates += again ? 1 : 0;
        unexplained += twice || known ? 1 : 0;
        stale += seal.isPresent() && staleAt(shard, seal.get(), done.begun()) ? 1 : 0;
      }
      for (Seal seal : told.seals.in(shard)) {
        inFlight +=
            dones.stream()
                .filter(d -> d.begun() < seal.answered() && !seal.found().holds(d.sequence()))
                .map(Done::sequence)
                .distinct()
                .count();
      }
    }
    count("duplicates", duplicates);
    count("duplicatesMax", inFlight);
    count("duplicatesUnexplained", unexplained);
    count("begunWithoutLease", stale);
  }

  /** By which right a process made a call: its last seal before, if it had one. */
  Optional<Seal> sealOf(String shard, Done done) {
    return told.seals.in(shard).stream()
        .filter(seal -> seal.process().equals(done.process()) && seal.answered() <= done.begun())
        .max(Comparator.comparingLong(Seal::answered));
  }

  boolean staleAt(String shard, Seal seal, long tick) {
    return told.seals.in(shard).stream()
        .anyMatch(
            s ->
                s.answered() < tick
                    && s.sent() > seal.answered()
                    && !s.token().equals(seal.token()));
  }

  private void count(String name, long number) {
    verdict.put(name, number);
  }

  private static String key(String record) {
    return record.substring(0, record.indexOf(' '));
  }

  private static int number(String record) {
    return Integer.parseInt(record.substring(record.indexOf(' ') + 1));
  }

  private static <T> long sumOfShards(ByShard<T> byShard, BiPredicate<String, T> counts) {
    return byShard.entrySet().stream()
        .mapToLong(
            shard -> shard.getValue().stream().filter(e -> counts.test(shard.getKey(), e)).count())
        .sum();
  }
}
