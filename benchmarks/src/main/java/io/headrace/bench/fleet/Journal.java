package io.headrace.bench.fleet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The file in which every measurement is kept as soon as it is there, a line of JSON each, so that
 * a run that is broken off goes on where it was. A line counts only for the program and the
 * settings that it was measured with; of several the last. Confined to the thread of the benchmark.
 */
final class Journal {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * What was measured.
   *
   * @param fingerprint of the program and the settings
   */
  record Key(Scenario scenario, Side side, int run, String fingerprint) {}

  private final Path file;
  private final Map<Key, Figures> kept = new LinkedHashMap<>();

  private Journal(Path file) {
    this.file = file;
  }

  /** An empty one, in place of whatever is there. */
  static Journal fresh(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new NotMeasured("the results " + file + " can't be replaced: " + e, e);
    }
    return new Journal(file);
  }

  /**
   * With what is in a file, if there is one.
   *
   * @throws NotMeasured when a line is none of this; names it
   */
  static Journal resumed(Path file) {
    Journal journal = new Journal(file);
    if (!Files.exists(file)) {
      return journal;
    }
    try {
      List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      for (int i = 0; i < lines.size(); i++) {
        journal.read(i + 1, lines.get(i));
      }
      return journal;
    } catch (IOException e) {
      throw new NotMeasured("the results " + file + " can't be read: " + e, e);
    }
  }

  private void read(int number, String line) {
    if (line.isBlank()) {
      return;
    }
    try {
      JsonNode json = MAPPER.readTree(line);
      if (!json.path("figures").isObject()) {
        throw new IllegalArgumentException("it has no figures");
      }
      Figures figures = new Figures();
      MAPPER
          .convertValue(json.path("figures"), new TypeReference<Map<String, Double>>() {})
          .forEach(figures::put);
      kept.put(
          new Key(
              Scenario.valueOf(json.path("scenario").asText()),
              Side.valueOf(json.path("side").asText()),
              json.path("run").asInt(),
              json.path("fingerprint").asText()),
          figures);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new NotMeasured(
          "%s, line %d is no result of bench fleet; take it out or name another file"
              .formatted(file, number),
          e);
    }
  }

  Optional<Figures> of(Key key) {
    return Optional.ofNullable(kept.get(key));
  }

  /** Keeps a measurement, in the file too. */
  void add(Key key, Figures figures) {
    kept.put(key, figures);
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("scenario", key.scenario().name());
    line.put("side", key.side().name());
    line.put("run", key.run());
    line.put("fingerprint", key.fingerprint());
    line.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    line.put("figures", figures.byName());
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(
          file,
          Figures.json(line) + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new NotMeasured("the results can't be kept in " + file + ": " + e, e);
    }
  }
}
