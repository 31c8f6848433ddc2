package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/**
 * Reads what producer, workers and a reader of the outputs wrote down, and says whether it may have
 * happened. It knows nothing of how any of them works, and no class of theirs: only the lines.
 *
 * <pre>
 *   puts.ndjson      {what: try, record}  {what: put, record, shard, sequence}
 *   worker-*.ndjson  {what: done, record, shard, sequence, begun, done}
 *                    {what: sealed, shard, token, sent, answered, ended, finished: [[first, last]..]}
 *                    {what: commit, shard, token, attempt, sent, end, finished}
 *                    {what: answer, shard, token, attempt, answered, applied}
 *   outputs.ndjson   {what: output, record}, shard by shard in the order of the stream
 * </pre>
 *
 * A record is "key number"; each key's numbers were put one after the other, from 0. Ticks are of
 * one clock. Confined to one thread.
 */
public final class Judge {
  /** A call that succeeded. */
  private record Done(
      String process, String shard, BigInteger sequence, String record, long begun, long done) {}

  /** Somebody became the one who may commit for a shard, and found so much finished. */
  private record Seal(
      String process, String token, long sent, long answered, boolean ended, Finished found) {
    boolean holds(BigInteger sequence) {
      return found.holds(sequence);
    }
  }

  /** A write of progress; never answered when {@code answered} is 0. */
  private record Commit(
      String token, long sent, long answered, boolean applied, boolean end, Finished finished) {}

  private record Finished(List<BigInteger[]> ranges) {
    boolean holds(BigInteger sequence) {
      return ranges.stream()
          .anyMatch(r -> r[0].compareTo(sequence) <= 0 && sequence.compareTo(r[1]) <= 0);
    }
  }

  private final ObjectMapper json = new ObjectMapper();
  private final Set<String> tried = new HashSet<>();
  private final Map<String, Map<BigInteger, String>> putsByShard = new HashMap<>();
  private final Map<String, List<Done>> donesByShard = new HashMap<>();
  private final Map<String, List<Seal>> sealsByShard = new HashMap<>();
  private final Map<String, List<Commit>> commitsByShard = new HashMap<>();
  private final List<String> outputs = new ArrayList<>();
  private final Map<String, Long> verdict = new LinkedHashMap<>();

  /** Prints the verdict on a folder as one line of JSON. */
  public static void main(String[] args) throws IOException {
    System.out.println(new ObjectMapper().writeValueAsString(of(Path.of(args[0]))));
  }

  /** What was counted, by name. */
  public static Map<String, Long> of(Path folder) throws IOException {
    Judge judge = new Judge();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".ndjson")).sorted().toList()) {
        judge.read(file);
      }
    }
    judge.decide();
    return judge.verdict;
  }

  private void read(Path file) throws IOException {
    Map<String, JsonNode> unanswered = new LinkedHashMap<>();
    String all = Files.readString(file);
    // Whoever was killed, or is still writing, may leave half a line.
    for (String text : all.substring(0, all.lastIndexOf('\n') + 1).lines().toList()) {
      JsonNode line = json.readTree(text);
      String shard = line.path("shard").asText();
      String write = shard + line.path("token").asText() + line.path("attempt").asText();
      switch (line.path("what").asText()) {
        case "try" -> tried.add(line.path("record").asText());
        case "put" -> at(putsByShard, shard).put(sequence(line), line.path("record").asText());
        case "output" -> outputs.add(line.path("record").asText());
        case "done" -> list(donesByShard, shard).add(done(file, shard, line));
        case "sealed" -> list(sealsByShard, shard).add(seal(file, line));
        case "commit" -> {
          // Sent again as it was: the first stays unanswered, as it was.
          JsonNode before = unanswered.put(write, line);
          if (before != null) {
            list(commitsByShard, shard).add(commit(before, 0, false));
          }
        }
        case "answer" -> {
          JsonNode sent = unanswered.remove(write);
          if (sent != null) {
            long answered = line.path("answered").asLong();
            boolean applied = line.path("applied").asBoolean();
            list(commitsByShard, shard).add(commit(sent, answered, applied));
          }
        }
        default -> {
          // What others want to know.
        }
      }
    }
    unanswered.forEach(
        (key, line) ->
            list(commitsByShard, line.path("shard").asText()).add(commit(line, 0, false)));
  }

  private void decide() {
    Map<String, Done> first = new HashMap<>();
    all(donesByShard).forEach(d -> first.merge(d.record, d, (a, b) -> a.done <= b.done ? a : b));
    Set<String> put = new HashSet<>();
    putsByShard.values().forEach(records -> put.addAll(records.values()));
    count("puts", put.size());
    count("delivered", all(donesByShard).count());
    count("commits", all(commitsByShard).filter(Commit::applied).count());
    count("takeOvers", all(sealsByShard).count());
    count("outputs", outputs.size());
    count("lost", put.stream().filter(record -> !first.containsKey(record)).count());
    count("passedOver", passedOver());
    Set<String> sent = new HashSet<>(outputs);
    count("outputsLost", put.stream().filter(record -> !sent.contains(record)).count());
    count("neverPut", first.keySet().stream().filter(record -> !tried.contains(record)).count());
    count("orderViolations", first.values().stream().filter(d -> early(d, first)).count());
    count("outputOrderViolations", outputsOutOfOrder());
    count("staleCommits", staleCommits());
    count("progressFellBack", progressFellBack());
    duplicates();
  }

  /** Whether a record's first success was begun before the one before it of its key was done. */
  private static boolean early(Done done, Map<String, Done> first) {
    int number = number(done.record);
    Done before = first.get(key(done.record) + " " + (number - 1));
    return number > 0 && (before == null || before.done > done.begun);
  }

  /** Records that a commit calls finished although nobody had been done with them when it left. */
  private long passedOver() {
    Set<BigInteger> passed = new HashSet<>();
    commitsByShard.forEach(
        (shard, commits) -> {
          Map<BigInteger, Long> done = new HashMap<>();
          list(donesByShard, shard).forEach(d -> done.merge(d.sequence, d.done, Math::min));
          for (BigInteger sequence : at(putsByShard, shard).keySet()) {
            long doneAt = done.getOrDefault(sequence, Long.MAX_VALUE);
            if (commits.stream()
                .anyMatch(c -> c.sent < doneAt && (c.end || c.finished.holds(sequence)))) {
              passed.add(sequence);
            }
          }
        });
    return passed.size();
  }

  private long outputsOutOfOrder() {
    Map<String, Integer> next = new HashMap<>();
    long wrong = 0;
    for (String output : outputs) {
      int expected = next.getOrDefault(key(output), 0);
      wrong += number(output) > expected ? 1 : 0;
      next.put(key(output), Math.max(expected, number(output) + 1));
    }
    return wrong;
  }

  /** Commits that were sent after somebody else had sealed the shard, and were applied. */
  private long staleCommits() {
    return sumOfShards(
        commitsByShard,
        (shard, commit) ->
            commit.applied
                && list(sealsByShard, shard).stream()
                    .anyMatch(s -> s.answered < commit.sent && replaces(shard, s, commit.token)));
  }

  /** Whether a seal came after that of a token. */
  private boolean replaces(String shard, Seal seal, String token) {
    return !seal.token.equals(token)
        && list(sealsByShard, shard).stream()
            .anyMatch(own -> own.token.equals(token) && own.answered < seal.sent);
  }

  /** Owners that did not find finished, or did not commit again, what was confirmed before. */
  private long progressFellBack() {
    return sumOfShards(
            sealsByShard, (shard, seal) -> !seal.ended && fellBack(shard, seal.sent, seal.found))
        + sumOfShards(
            commitsByShard,
            (shard, next) ->
                next.applied && !next.end && fellBack(shard, next.sent, next.finished));
  }

  private boolean fellBack(String shard, long tick, Finished found) {
    return list(commitsByShard, shard).stream()
        .filter(commit -> commit.applied && commit.answered < tick)
        .max(Comparator.comparingLong(Commit::answered))
        .filter(last -> last.end || !within(shard, last, found))
        .isPresent();
  }

  private boolean within(String shard, Commit commit, Finished found) {
    return at(putsByShard, shard).keySet().stream()
        .allMatch(sequence -> !commit.finished.holds(sequence) || found.holds(sequence));
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
    for (String shard : donesByShard.keySet()) {
      List<Done> dones = list(donesByShard, shard);
      dones.sort(Comparator.comparingLong(Done::begun));
      Set<BigInteger> seen = new HashSet<>();
      Set<List<Object>> seenBy = new HashSet<>();
      for (Done done : dones) {
        Optional<Seal> seal = sealOf(shard, done);
        boolean again = !seen.add(done.sequence);
        boolean twice = !seenBy.add(List.of(seal.map(Seal::token).orElse(""), done.sequence));
        boolean known = seal.isEmpty() || seal.get().ended || seal.get().holds(done.sequence);
        duplicates += again ? 1 : 0;
        unexplained += twice || known ? 1 : 0;
        stale += seal.isPresent() && staleAt(shard, seal.get(), done.begun) ? 1 : 0;
      }
      for (Seal seal : list(sealsByShard, shard)) {
        inFlight +=
            dones.stream()
                .filter(d -> d.begun < seal.answered && !seal.found.holds(d.sequence))
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
  private Optional<Seal> sealOf(String shard, Done done) {
    return list(sealsByShard, shard).stream()
        .filter(seal -> seal.process.equals(done.process) && seal.answered <= done.begun)
        .max(Comparator.comparingLong(Seal::answered));
  }

  private boolean staleAt(String shard, Seal seal, long tick) {
    return list(sealsByShard, shard).stream()
        .anyMatch(s -> s.answered < tick && s.sent > seal.answered && !s.token.equals(seal.token));
  }

  private void count(String name, long number) {
    verdict.put(name, number);
  }

  private static Done done(Path file, String shard, JsonNode line) {
    return new Done(
        file.getFileName().toString(),
        shard,
        sequence(line),
        line.path("record").asText(),
        line.path("begun").asLong(),
        line.path("done").asLong());
  }

  private static Seal seal(Path file, JsonNode line) {
    return new Seal(
        file.getFileName().toString(),
        line.path("token").asText(),
        line.path("sent").asLong(),
        line.path("answered").asLong(),
        line.path("ended").asBoolean(),
        finished(line));
  }

  private static Commit commit(JsonNode line, long answered, boolean applied) {
    return new Commit(
        line.path("token").asText(),
        line.path("sent").asLong(),
        answered,
        applied,
        line.path("end").asBoolean(),
        finished(line));
  }

  private static Finished finished(JsonNode line) {
    List<BigInteger[]> ranges = new ArrayList<>();
    for (JsonNode range : line.path("finished")) {
      ranges.add(
          new BigInteger[] {
            new BigInteger(range.path(0).asText()), new BigInteger(range.path(1).asText())
          });
    }
    return new Finished(ranges);
  }

  private static BigInteger sequence(JsonNode line) {
    return new BigInteger(line.path("sequence").asText());
  }

  private static String key(String record) {
    return record.substring(0, record.indexOf(' '));
  }

  private static int number(String record) {
    return Integer.parseInt(record.substring(record.indexOf(' ') + 1));
  }

  private static <T> List<T> list(Map<String, List<T>> byShard, String shard) {
    return byShard.computeIfAbsent(shard, absent -> new ArrayList<>());
  }

  private static <T> Map<BigInteger, T> at(Map<String, Map<BigInteger, T>> byShard, String shard) {
    return byShard.computeIfAbsent(shard, absent -> new HashMap<>());
  }

  private static <T> Stream<T> all(Map<String, List<T>> byShard) {
    return byShard.values().stream().flatMap(List::stream);
  }

  private static <T> long sumOfShards(Map<String, List<T>> byShard, BiPredicate<String, T> counts) {
    return Map.copyOf(byShard).entrySet().stream()
        .mapToLong(
            shard -> shard.getValue().stream().filter(e -> counts.test(shard.getKey(), e)).count())
        .sum();
  }
}
