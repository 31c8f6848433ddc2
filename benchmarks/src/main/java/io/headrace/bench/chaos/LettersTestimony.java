package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What was told of dead letters, beside what {@link Testimony} reads. Confined to one thread.
 *
 * <pre>
 *   worker-*.ndjson  {what: enter, function, shard, sequence, tick}            a letter is sent to the ledger
 *                    {what: entered, function, shard, sequence, tick, applied} and answered
 *   look-before.ndjson, look-after.ndjson
 *                    {what: letter, function, shard, sequence, code}  what a plain reader found in the ledger
 *                    {what: parked, records}                          as the workers say
 *   run.ndjson       {what: mended, tick}, {what: again, tick}        before the first and the second redrive
 *                    {what: redrive, function, round, letters, left, exit}
 *   letters/sink-*.ndjson  the letters themselves: function, id: stream/shard/sequence:sub
 * </pre>
 */
final class LettersTestimony {
  /** A record of a function, by where it lies. */
  record Place(String function, String shard, String sequence) {}

  /** A letter on its way to the ledger; {@code answered} is 0 while nobody knows. */
  record Enter(long sent, long answered) {}

  /** What {@code headrace redrive} said. */
  record Redrive(int round, long letters, long left, long exit) {}

  final Map<Place, List<Enter>> enters = new HashMap<>();

  /** In the ledger before anything was played again, as often as they lie there. */
  final List<Place> before = new ArrayList<>();

  /** Their codes. */
  final Map<Place, String> codes = new HashMap<>();

  final List<Place> after = new ArrayList<>();
  final List<Redrive> redrives = new ArrayList<>();

  /** In the sink, those of anybody. */
  final Set<Place> sunk = new HashSet<>();

  long sunkLines;

  /** Processes that had begun with a shard and did not stop in order. */
  long ownersKilled;

  long parkedBefore;
  long parkedAfter;
  long mended = Long.MAX_VALUE;
  long again = Long.MAX_VALUE;
  private final ObjectMapper json = new ObjectMapper();

  static LettersTestimony in(Path folder) throws IOException {
    LettersTestimony testimony = new LettersTestimony();
    testimony.readAll(folder);
    testimony.readAll(folder.resolve("letters"));
    return testimony;
  }

  private void readAll(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".ndjson")).sorted().toList()) {
        read(file, file.getFileName().toString());
      }
    }
  }

  private void read(Path file, String name) throws IOException {
    String all = Files.readString(file);
    Map<Place, Long> sent = new HashMap<>();
    for (String text : all.substring(0, all.lastIndexOf('\n') + 1).lines().toList()) {
      JsonNode line = json.readTree(text);
      if (name.startsWith("sink-")) {
        sunkLines++;
        sunk.add(sunk(line));
      } else {
        read(line, name.equals("look-after.ndjson"), sent);
      }
    }
    sent.forEach((place, tick) -> enter(place, new Enter(tick, 0)));
    ownersKilled +=
        all.contains("\"what\":\"sealed\"") && !all.contains("\"what\":\"stopping\"") ? 1 : 0;
  }

  private void read(JsonNode line, boolean isAfter, Map<Place, Long> sent) {
    long tick = line.path("tick").asLong();
    switch (line.path("what").asText()) {
      case "enter" -> {
        Long before = sent.put(place(line), tick);
        if (before != null) {
          enter(place(line), new Enter(before, 0));
        }
      }
      case "entered" -> {
        Long begun = sent.remove(place(line));
        if (begun != null && line.path("applied").asBoolean()) {
          enter(place(line), new Enter(begun, tick));
        }
      }
      case "letter" -> {
        (isAfter ? after : before).add(place(line));
        if (!isAfter) {
          codes.put(place(line), line.path("code").asText());
        }
      }
      case "parked" -> {
        if (isAfter) {
          parkedAfter = line.path("records").asLong();
        } else {
          parkedBefore = line.path("records").asLong();
        }
      }
      case "mended" -> mended = tick;
      case "again" -> again = tick;
      case "redrive" ->
          redrives.add(
              new Redrive(
                  line.path("round").asInt(),
                  line.path("letters").asLong(),
                  line.path("left").asLong(),
                  line.path("exit").asLong()));
      default -> {
        // What others want to know.
      }
    }
  }

  private void enter(Place place, Enter enter) {
    enters.computeIfAbsent(place, absent -> new ArrayList<>()).add(enter);
  }

  private static Place place(JsonNode line) {
    return new Place(
        line.path("function").asText(),
        line.path("shard").asText(),
        line.path("sequence").asText());
  }

  private static Place sunk(JsonNode letter) {
    String[] id = letter.path("id").asText().split("[/:]", -1);
    return new Place(letter.path("function").asText(), id[1], id[2]);
  }
}
