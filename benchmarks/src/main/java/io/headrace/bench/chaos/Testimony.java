package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What everybody wrote down, read from the NDJSON files of a folder and from nothing else. As the
 * judge it knows no class of those who wrote. Confined to one thread.
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
 * one clock.
 */
final class Testimony {
  /** A call that succeeded. */
  record Done(
      String process, String shard, BigInteger sequence, String record, long begun, long done) {}

  /** Somebody became the one who may commit for a shard, and found so much finished. */
  record Seal(
      String process, String token, long sent, long answered, boolean ended, Finished found) {
    boolean holds(BigInteger sequence) {
      return ended || found.holds(sequence);
    }
  }

  /** A write of progress; never answered when {@code answered} is 0. */
  record Commit(
      String token, long sent, long answered, boolean applied, boolean end, Finished finished) {
    boolean holds(BigInteger sequence) {
      return end || finished.holds(sequence);
    }
  }

  /** Pairs of the first and the last sequence number of what is finished. */
  record Finished(List<BigInteger[]> ranges) {
    boolean holds(BigInteger sequence) {
      return ranges.stream()
          .anyMatch(r -> r[0].compareTo(sequence) <= 0 && sequence.compareTo(r[1]) <= 0);
    }
  }

  /** By shard; those that nobody has named hold nothing. */
  static final class ByShard<T> extends LinkedHashMap<String, List<T>> {
    private static final long serialVersionUID = 1;

    List<T> in(String shard) {
      return getOrDefault(shard, List.of());
    }

    Stream<T> all() {
      return values().stream().flatMap(List::stream);
    }

    private void add(String shard, T element) {
      computeIfAbsent(shard, absent -> new ArrayList<>()).add(element);
    }
  }

  /** Records that somebody began to put, whether they are stored or not. */
  final Set<String> tried = new HashSet<>();

  /** Records that are stored, by shard and sequence number. */
  final Map<String, Map<BigInteger, String>> puts = new HashMap<>();

  final ByShard<Done> dones = new ByShard<>();
  final ByShard<Seal> seals = new ByShard<>();
  final ByShard<Commit> commits = new ByShard<>();
  final List<String> outputs = new ArrayList<>();
  private final ObjectMapper json = new ObjectMapper();

  static Testimony in(Path folder) throws IOException {
    return in(folder, line -> true);
  }

  /** Only what some lines say, such as those of one function of several. */
  static Testimony in(Path folder, Predicate<JsonNode> which) throws IOException {
    Testimony testimony = new Testimony();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".ndjson")).sorted().toList()) {
        testimony.read(file, which);
      }
    }
    return testimony;
  }

  Map<BigInteger, String> putsIn(String shard) {
    return puts.getOrDefault(shard, Map.of());
  }

  private void read(Path file, Predicate<JsonNode> which) throws IOException {
    Map<List<String>, JsonNode> unanswered = new LinkedHashMap<>();
    String all = Files.readString(file);
    // Whoever was killed, or is still writing, may leave half a line.
    for (String text : all.substring(0, all.lastIndexOf('\n') + 1).lines().toList()) {
      JsonNode line = json.readTree(text);
      if (!which.test(line)) {
        continue;
      }
      String shard = line.path("shard").asText();
      List<String> write =
          List.of(shard, line.path("token").asText(), line.path("attempt").asText());
      switch (line.path("what").asText()) {
        case "try" -> tried.add(line.path("record").asText());
        case "put" ->
            puts.computeIfAbsent(shard, absent -> new HashMap<>())
                .put(sequence(line), line.path("record").asText());
        case "output" -> outputs.add(line.path("record").asText());
        case "done" -> dones.add(shard, done(file, shard, line));
        case "sealed" -> seals.add(shard, seal(file, line));
        case "commit" -> {
          // Sent again as it was: the first stays unanswered, as it was.
          JsonNode before = unanswered.put(write, line);
          if (before != null) {
            commits.add(shard, commit(before, 0, false));
          }
        }
        case "answer" -> {
          JsonNode sent = unanswered.remove(write);
          if (sent != null) {
            long answered = line.path("answered").asLong();
            commits.add(shard, commit(sent, answered, line.path("applied").asBoolean()));
          }
        }
        default -> {
          // What others want to know.
        }
      }
    }
    unanswered.forEach((write, line) -> commits.add(write.get(0), commit(line, 0, false)));
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
}
