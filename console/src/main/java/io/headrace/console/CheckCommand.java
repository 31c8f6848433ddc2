package io.headrace.console;

import io.headrace.function.Broadcast;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.settings.Settings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads an app.yaml and makes its functions, as {@code run} would, but connects to nothing. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = "Checks an app.yaml and the functions it names, without connecting anywhere.")
final class CheckCommand implements Callable<Integer> {
  @Parameters(paramLabel = "app.yaml", description = "The settings file.")
  private @Nullable Path file;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    var out = Objects.requireNonNull(spec).commandLine().getOut();
    var settings = Settings.read(Objects.requireNonNull(file));
    try (var application = Application.load(settings)) {
      if (json) {
        var line = new LinkedHashMap<String, Object>();
        line.put("application", settings.application());
        line.put("table", settings.leases().table());
        line.put("functions", application.functions().stream().map(CheckCommand::row).toList());
        out.println(JsonLine.of(line));
      } else {
        out.println(
            "application " + settings.application() + ", table " + settings.leases().table());
        for (var function : application.functions()) {
          out.println("  " + function.name() + " reads " + String.join(", ", inputs(function)));
          if (!function.broadcasts().isEmpty()) {
            out.println("    and whole " + String.join(", ", broadcasts(function)));
          }
        }
      }
      return 0;
    }
  }

  private static Map<String, Object> row(FunctionSpec<?, ?> function) {
    var row = new LinkedHashMap<String, Object>();
    row.put("name", function.name());
    row.put("reads", inputs(function));
    if (!function.broadcasts().isEmpty()) {
      row.put("readsWhole", broadcasts(function));
    }
    return row;
  }

  private static List<String> broadcasts(FunctionSpec<?, ?> function) {
    return function.broadcasts().stream().map(Broadcast::source).map(String::valueOf).toList();
  }

  private static List<String> inputs(FunctionSpec<?, ?> function) {
    return function.inputs().stream().map(Input::source).map(String::valueOf).toList();
  }
}
