package io.headrace.console;

import io.headrace.function.Snapshot;
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

/** Named copies of what a function keeps. */
@Command(
    name = "snapshot",
    mixinStandardHelpOptions = true,
    description = {
      "Copies what a function keeps under a name, shows its copies, or removes one.",
      "Workers go on meanwhile; `seek --state snapshot:NAME` goes back to a copy."
    })
final class SnapshotCommand implements Callable<Integer> {
  @Parameters(paramLabel = "app.yaml", description = "The settings file of the application.")
  private @Nullable Path file;

  @Option(names = "--function", required = true, description = "Its name, as `leases` shows it.")
  private @Nullable String function;

  @Option(names = "--name", description = "Copies what the function keeps now under this name.")
  private @Nullable String name;

  @Option(names = "--remove", description = "Removes the copy of this name.")
  private @Nullable String remove;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (name != null && remove != null) {
      throw new Complaint("snapshot: say --name or --remove, not both");
    }
    try (var desk = StateDesk.open(Objects.requireNonNull(file), "")) {
      return StateDesk.refusing(() -> answer(desk));
    }
  }

  private int answer(StateDesk desk) {
    var of = Objects.requireNonNull(function);
    List<Snapshot> all;
    if (name != null) {
      all = List.of(StateDesk.answer(desk.snapshots().take(of, name)));
    } else {
      if (remove != null) {
        StateDesk.answer(desk.snapshots().remove(of, remove));
      }
      all = StateDesk.answer(desk.snapshots().list(of));
    }
    var out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      var line = new LinkedHashMap<String, Object>();
      line.put("application", desk.settings().application());
      line.put("snapshots", all.stream().map(SnapshotCommand::row).toList());
      out.println(JsonLine.of(line));
      return 0;
    }
    if (remove != null) {
      out.println("removed snapshot " + remove + " of " + of);
    }
    for (var each : all) {
      out.println("snapshot " + each.name() + " of " + of + ", taken at " + each.at());
      each.shards().forEach(shard -> out.println("  " + shard.shard() + ": " + place(shard)));
    }
    if (all.isEmpty()) {
      out.println("no snapshots of " + of);
    }
    return 0;
  }

  private static String place(Snapshot.OfShard shard) {
    return shard.progress().through().map(at -> "through " + at).orElse("nothing committed");
  }

  private static Map<String, Object> row(Snapshot snapshot) {
    var row = new LinkedHashMap<String, Object>();
    row.put("name", snapshot.name());
    row.put("function", snapshot.function());
    row.put("at", snapshot.at().toString());
    row.put(
        "shards",
        snapshot.shards().stream()
            .map(
                shard -> {
                  var of = new LinkedHashMap<String, Object>();
                  of.put("shard", shard.shard().key());
                  of.put("revision", shard.revision());
                  shard.progress().through().ifPresent(at -> of.put("position", at.toString()));
                  return of;
                })
            .toList());
    return row;
  }
}
