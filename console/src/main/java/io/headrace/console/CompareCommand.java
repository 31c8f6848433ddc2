package io.headrace.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What two shadows sent, by id. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = {
      "Compares what two shadows sent, by output id: of a new version, and of the live function's",
      "specification under another name. Each is one file, or one for each worker.",
      "Exit code 1 when they differ. Of lines of one id the last one counts."
    })
final class CompareCommand implements Callable<Integer> {
  private static final int LINES_MAX = 50;

  /** As a shadow begins each line. */
  private static final String BEGINS = "{\"id\":\"";

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "What the new version sent.")
  private @Nullable List<Path> files;

  @Option(
      names = "--against",
      required = true,
      paramLabel = "FILE",
      description = "What it is held to; may be given several times.")
  private @Nullable List<Path> against;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    var report =
        ReplayReport.of(
            outputs(Objects.requireNonNull(files)), outputs(Objects.requireNonNull(against)));
    var out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      out.println(JsonLine.of(new LinkedHashMap<>(report.json())));
    } else {
      report.lines(LINES_MAX).forEach(out::println);
    }
    return report.isSame() ? 0 : Headrace.MISSED;
  }

  private Map<String, String> outputs(List<Path> files) {
    var outputs = new TreeMap<String, String>();
    for (var file : files) {
      try (var lines = Files.newBufferedReader(file)) {
        int number = 0;
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
          number++;
          add(line, file + ", line " + number, outputs);
        }
      } catch (IOException unreadable) {
        throw new Complaint(file + ": can't be read: " + unreadable.getMessage(), unreadable);
      }
    }
    return outputs;
  }

  private void add(String line, String place, Map<String, String> outputs) {
    Map<String, Object> read;
    try {
      read = JsonLine.read(line);
    } catch (IllegalArgumentException none) {
      if (isCutOff(line)) {
        var err = Objects.requireNonNull(spec).commandLine().getErr();
        err.println("headrace: " + place + " was cut off when its writer died, and does not count");
        return;
      }
      throw new Complaint(place + ": " + none.getMessage(), none);
    }
    if (!(read.get("id") instanceof String id) || !(read.get("value") instanceof String value)) {
      throw new Complaint(
          place + ": has no id and value; give a file that a function with shadow(...) wrote");
    }
    outputs.put(id, value);
    if (outputs.size() > Sandbox.OUTPUTS_MAX) {
      throw new Complaint(place + ": more than " + Sandbox.OUTPUTS_MAX + " outputs; cut the files");
    }
  }

  /** What it says was not written for certain, so its output was sent again. */
  private static boolean isCutOff(String line) {
    return BEGINS.startsWith(line) || (line.startsWith(BEGINS) && !line.endsWith("\"}"));
  }
}
