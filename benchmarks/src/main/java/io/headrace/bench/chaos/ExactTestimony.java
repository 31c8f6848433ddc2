package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What came of one fleet, read from its folder. As the judge it knows no class of those who wrote.
 * Confined to one thread.
 *
 * <pre>
 *   worker-*.ndjson  {what: started, version, tick}  {what: sealed, function, shard, answered}
 *   run.ndjson       {what: put, stream, records}    {what: kill, file, tick}
 *                    {what: turn, phase, version, file, tick}
 *   outputs.ndjson   {what: output, data}  as it lies in the stream, in Base64
 *   state.ndjson     {what: state, function, key, kind, suffix, version, text}
 *   letters/*        dead letters, a line each
 * </pre>
 */
final class ExactTestimony {
  private static final String ID = "headrace-id";

  /** A function in a shard, which a process has made its own. */
  private record Seal(String file, long answered) {}

  /** A process that was killed. */
  private record Kill(String file, long tick) {}

  /** A process that was replaced by one of a deployment. */
  record Turn(int phase, int version, String file) {}

  /** Outputs by id; of two values under one id the first. */
  final Map<String, JsonNode> outputs = new HashMap<>();

  final Set<String> idsWithTwoValues = new HashSet<>();

  /** Deployments by the file of the process. */
  final Map<String, Integer> versions = new HashMap<>();

  /** What is kept, by function, key, kind and suffix, as the first version names it. */
  final Map<String, JsonNode> states = new HashMap<>();

  /** Records that were put, by stream. */
  final Map<String, Long> puts = new HashMap<>();

  final List<Turn> turns = new ArrayList<>();
  private final List<Kill> kills = new ArrayList<>();
  private final Map<String, List<Seal>> seals = new HashMap<>();
  long withoutId;
  long sentAgain;
  long statesOfSecondVersion;
  long letters;
  private final ObjectMapper json = new ObjectMapper();

  static ExactTestimony in(Path folder) throws IOException {
    ExactTestimony testimony = new ExactTestimony();
    for (Path file : files(folder)) {
      if (file.toString().endsWith(".ndjson")) {
        testimony.read(file);
      }
    }
    for (Path file : files(folder.resolve("letters"))) {
      testimony.letters += Files.readString(file).lines().count();
    }
    return testimony;
  }

  private static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private void read(Path path) throws IOException {
    String name = path.getFileName().toString();
    String file = name.substring(0, name.lastIndexOf('.'));
    try (BufferedReader lines = Files.newBufferedReader(path)) {
      for (String text = lines.readLine(); text != null; text = lines.readLine()) {
        // Whoever was killed may have left half a line, the last one.
        if (text.endsWith("}")) {
          read(file, json.readTree(text));
        }
      }
    }
  }

  private void read(String file, JsonNode line) throws IOException {
    switch (line.path("what").asText()) {
      case "started" -> versions.put(file, line.path("version").asInt());
      case "sealed" ->
          seals
              .computeIfAbsent(
                  line.path("function").asText() + " " + line.path("shard").asText(),
                  none -> new ArrayList<>())
              .add(new Seal(file, line.path("answered").asLong()));
      case "kill" -> kills.add(new Kill(line.path("file").asText(), line.path("tick").asLong()));
      case "turn" ->
          turns.add(
              new Turn(
                  line.path("phase").asInt(),
                  line.path("version").asInt(),
                  line.path("file").asText()));
      case "put" -> puts.put(line.path("stream").asText(), line.path("records").asLong());
      case "output" -> {
        for (PackedRecord record :
            PackedRecord.in(Base64.getDecoder().decode(line.path("data").asText()))) {
          output(record);
        }
      }
      case "state" -> state(line);
      default -> {
        // What others want to know.
      }
    }
  }

  private void output(PackedRecord record) throws IOException {
    String id = record.tags().get(ID);
    JsonNode value = json.readTree(new String(record.data(), StandardCharsets.UTF_8));
    if (id == null) {
      withoutId++;
      return;
    }
    JsonNode before = outputs.putIfAbsent(id, value);
    if (before != null) {
      sentAgain++;
      if (!before.equals(value)) {
        idsWithTwoValues.add(id);
      }
    }
  }

  private void state(JsonNode line) throws IOException {
    String name =
        String.join(
            " ",
            line.path("function").asText(),
            line.path("key").asText(),
            line.path("kind").asText(),
            line.path("suffix").asText());
    String text = line.path("text").asText();
    JsonNode value = text.startsWith("{") ? json.readTree(text) : json.valueToTree(text);
    if (line.path("version").asInt() == 2 && value instanceof ObjectNode second) {
      statesOfSecondVersion++;
      ObjectNode first = second.objectNode();
      second
          .properties()
          .forEach(field -> first.set(field.getKey().replaceFirst("^v2_", ""), field.getValue()));
      value = first;
    }
    states.put(name, value);
  }

  long kills() {
    return kills.size();
  }

  /** Kills of processes that owned a shard of a function at that moment. */
  long killsOfOwners(String function) {
    return kills.stream()
        .filter(
            kill ->
                seals.entrySet().stream()
                    .filter(shard -> shard.getKey().startsWith(function))
                    .anyMatch(shard -> owner(shard.getValue(), kill.tick()).equals(kill.file())))
        .count();
  }

  private static String owner(List<Seal> seals, long tick) {
    String owner = "";
    long latest = Long.MIN_VALUE;
    for (Seal seal : seals) {
      if (seal.answered() <= tick && seal.answered() > latest) {
        latest = seal.answered();
        owner = seal.file();
      }
    }
    return owner;
  }
}
