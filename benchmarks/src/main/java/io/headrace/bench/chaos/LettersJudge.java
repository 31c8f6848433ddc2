package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.chaos.LettersTestimony.Enter;
import io.headrace.bench.chaos.LettersTestimony.Place;
import io.headrace.bench.chaos.Testimony.Commit;
import io.headrace.bench.chaos.Testimony.Done;
import io.headrace.bench.chaos.Testimony.Seal;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Says of each record what became of it in each function, before and after letters were played
 * again, and whether that may have happened. As {@link Judge} it knows only what was written down.
 * Confined to one thread.
 */
public final class LettersJudge {
  /** The code of a letter whose record was never tried, as its key waits. */
  private static final String WAITS = "KeyWaits";

  private final LettersTestimony letters;
  private final Map<String, Long> verdict = new LinkedHashMap<>();
  private final ObjectMapper json = new ObjectMapper();

  /** A record as it says of itself, where it lies. */
  private record Put(Place place, String record, String key, int number, Fate fate) {}

  private LettersJudge(LettersTestimony letters) {
    this.letters = letters;
  }

  /** Prints the verdict on a folder as one line of JSON. */
  public static void main(String[] args) throws IOException {
    System.out.println(new ObjectMapper().writeValueAsString(of(Path.of(args[0]))));
  }

  /** What was counted, by name. */
  public static Map<String, Long> of(Path folder) throws IOException {
    LettersJudge judge = new LettersJudge(LettersTestimony.in(folder));
    for (String function : Fate.FUNCTIONS) {
      Testimony told =
          Testimony.in(folder, line -> line.path("function").asText(function).equals(function));
      judge.new Case(function, told, judge.puts(function, told)).decide();
    }
    judge.decide();
    return judge.verdict;
  }

  private void decide() {
    count("lettersTwice", letters.before.size() - new HashSet<>(letters.before).size());
    count("lettersLeft", letters.after.size());
    count("parkedUntold", Math.abs(letters.parkedBefore - verdict.getOrDefault("parked", 0L)));
    count("parkedLeft", letters.parkedAfter);
    Set<Place> counted = new HashSet<>(letters.before);
    count("ownersKilled", letters.ownersKilled);
    count("sinkLines", letters.sunkLines);
    count(
        "sinkLettersThatDoNotCount",
        letters.sunk.stream().filter(p -> !counted.contains(p)).count());
    for (LettersTestimony.Redrive redrive : letters.redrives) {
      boolean first = redrive.round() == 1;
      count(first ? "redriven" : "redrivenAgain", redrive.letters());
      count("redrivesThatFailed", redrive.exit() == 0 && redrive.left() == 0 ? 0 : 1);
    }
  }

  private Map<String, Put> puts(String function, Testimony told) throws IOException {
    Map<String, Put> puts = new HashMap<>();
    for (Map.Entry<String, Map<BigInteger, String>> shard : told.puts.entrySet()) {
      for (Map.Entry<BigInteger, String> put : shard.getValue().entrySet()) {
        JsonNode text = json.readTree(put.getValue());
        String key = text.path("key").asText();
        puts.put(
            put.getValue(),
            new Put(
                new Place(function, shard.getKey(), put.getKey().toString()),
                put.getValue(),
                key,
                text.path("number").asInt(),
                Fate.valueOf(text.path("fate").asText()).in(function, key)));
      }
    }
    return puts;
  }

  private void count(String name, long number) {
    verdict.merge(name, number, Long::sum);
  }

  /** One function. */
  private final class Case {
    private final String function;
    private final Testimony told;
    private final Map<String, Put> puts;
    private final Judge judge;
    private final Map<String, List<Done>> dones = new HashMap<>();
    private final Set<Place> before = new HashSet<>(letters.before);

    /** Of keys that wait: the number of the first record that is in a letter for its own sake. */
    private final Map<String, Integer> waitingFrom = new HashMap<>();

    Case(String function, Testimony told, Map<String, Put> puts) {
      this.function = function;
      this.told = told;
      this.puts = puts;
      this.judge = new Judge(told);
      told.dones
          .all()
          .forEach(d -> dones.computeIfAbsent(d.record(), absent -> new ArrayList<>()).add(d));
      if (function.equals(Fate.STRICT)) {
        puts.values().stream()
            .filter(p -> before.contains(p.place()) && !codeOf(p).equals(WAITS))
            .forEach(p -> waitingFrom.merge(p.key(), p.number(), Math::min));
      }
    }

    void decide() {
      classes();
      count("uncommitted", judge.uncommitted());
      count("staleCommits", judge.staleCommits());
      count("progressFellBack", judge.progressFellBack());
      count("passedOver", passedOver());
      count("lettersStale", count(p -> before.contains(p.place()) && isStale(p)));
      count(
          "lettersNotInSink",
          count(p -> before.contains(p.place()) && !letters.sunk.contains(p.place())));
      count("notHandledInTheEnd", count(p -> p.fate() != Fate.NOISE && handled(p).isEmpty()));
      count("orderViolations", outOfOrder());
      count(
          "handledAfterSecondRedrive",
          told.dones.all().filter(d -> d.begun() >= letters.again).count());
      count("duplicates", dones.values().stream().mapToLong(d -> d.size() - 1).sum());
      count("neverPut", dones.keySet().stream().filter(r -> !told.tried.contains(r)).count());
    }

    /** What became of each record before anything was played again: exactly one of five. */
    private void classes() {
      Map<String, Long> classes = new TreeMap<>();
      for (String name : List.of("handled", "filtered", "letters", "parked", "lost")) {
        classes.put(name, 0L);
      }
      for (Put put : puts.values()) {
        boolean isHandled = handled(put).stream().anyMatch(d -> d.begun() < letters.mended);
        String became;
        if (put.fate() == Fate.NOISE) {
          became = "filtered";
          count("filteredAndYetHandled", handled(put).isEmpty() ? 0 : 1);
        } else if (before.contains(put.place())) {
          became = "letters";
          count("lettersWithoutReason", isLetterOfReason(put) ? 0 : 1);
        } else if (isHandled) {
          became = "handled";
          count("handledAgainstReason", isHandledForReason(put) ? 0 : 1);
        } else {
          became = Fate.isStuck(function, put.key()) ? "parked" : "lost";
        }
        classes.merge(became, 1L, Long::sum);
      }
      count("records", puts.size());
      classes.forEach(
          (name, number) -> {
            verdict.put(function + "." + name, number);
            count(name, number);
          });
    }

    private String codeOf(Put put) {
      return letters.codes.getOrDefault(put.place(), "");
    }

    private boolean waits(Put put) {
      return put.number() > waitingFrom.getOrDefault(put.key(), Integer.MAX_VALUE);
    }

    private boolean isLetterOfReason(Put put) {
      return switch (codeOf(put)) {
        case WAITS -> waits(put);
        case "NoUse" -> put.fate() == Fate.TERMINAL && !waits(put);
        case "RetryAttemptsExhausted" -> put.fate() == Fate.FAILING && !waits(put);
        case "Flaky" -> put.fate() == Fate.FLAKY && !waits(put);
        default -> false;
      };
    }

    private boolean isHandledForReason(Put put) {
      return (put.fate() == Fate.PLAIN || put.fate() == Fate.FLAKY)
          && !Fate.staysStuck(function, put.key())
          && !waits(put);
    }

    private List<Done> handled(Put put) {
      return dones.getOrDefault(put.record(), List.of());
    }

    private long count(java.util.function.Predicate<Put> which) {
      return puts.values().stream().filter(which).count();
    }

    private void count(String name, long number) {
      LettersJudge.this.count(name, number);
    }

    /**
     * Whether a letter counts although the record was handled behind it: whoever handed the record
     * to the function had to strike it out before. A call of a process that had lost the shard says
     * nothing.
     */
    private boolean isStale(Put put) {
      long last =
          entersOf(put).stream()
              .mapToLong(e -> Math.max(e.sent(), e.answered()))
              .max()
              .orElse(Long.MIN_VALUE);
      return handled(put).stream()
          .filter(d -> d.begun() < letters.mended && d.begun() > last)
          .anyMatch(this::isOfAnOwner);
    }

    private boolean isOfAnOwner(Done done) {
      Optional<Seal> seal = judge.sealOf(done.shard(), done);
      return seal.isPresent() && !judge.staleAt(done.shard(), seal.get(), done.begun());
    }

    private List<Enter> entersOf(Put put) {
      return letters.enters.getOrDefault(put.place(), List.of());
    }

    /** When somebody was done with a record, by handling it or by a letter in the ledger. */
    private long concluded(Put put, boolean lettersToo) {
      long done = handled(put).stream().mapToLong(Done::done).min().orElse(Long.MAX_VALUE);
      return !lettersToo
          ? done
          : entersOf(put).stream()
              .filter(e -> e.answered() > 0)
              .mapToLong(Enter::answered)
              .reduce(done, Math::min);
    }

    /** Records that a commit calls finished before anybody was done with them; none parked. */
    private long passedOver() {
      long passed = 0;
      for (Put put : puts.values()) {
        if (put.fate() == Fate.NOISE || Fate.isStuck(function, put.key())) {
          continue;
        }
        long concluded = concluded(put, true);
        BigInteger sequence = new BigInteger(put.place().sequence());
        List<Commit> commits = told.commits.in(put.place().shard());
        passed += commits.stream().anyMatch(c -> c.sent() < concluded && c.holds(sequence)) ? 1 : 0;
      }
      return passed;
    }

    /**
     * A record's first success begins when the one before it of its key is done: handled, or, where
     * a key goes on after a letter, in the ledger. What is played again has an order of its own.
     */
    private long outOfOrder() {
      boolean strict = function.equals(Fate.STRICT);
      long wrong = 0;
      for (List<Put> key : byKey(puts.values())) {
        wrong += outOfOrder(key, 0, !strict);
        if (!strict) {
          List<Put> played = key.stream().filter(p -> before.contains(p.place())).toList();
          wrong += outOfOrder(played, letters.mended, false);
        }
      }
      return wrong;
    }

    private long outOfOrder(List<Put> records, long from, boolean lettersToo) {
      long wrong = 0;
      long before = Long.MIN_VALUE;
      for (Put put : records) {
        Optional<Done> first =
            handled(put).stream()
                .filter(d -> d.begun() >= from)
                .min(Comparator.comparingLong(Done::done));
        wrong += first.isPresent() && first.get().begun() < before ? 1 : 0;
        before = lettersToo ? concluded(put, true) : first.map(Done::done).orElse(Long.MAX_VALUE);
      }
      return wrong;
    }

    /** In the order in which they were put. */
    private Collection<List<Put>> byKey(Collection<Put> records) {
      Map<String, List<Put>> keys = new HashMap<>();
      records.stream()
          .filter(put -> put.fate() != Fate.NOISE)
          .sorted(Comparator.comparingInt(Put::number))
          .forEach(put -> keys.computeIfAbsent(put.key(), absent -> new ArrayList<>()).add(put));
      return keys.values();
    }
  }
}
