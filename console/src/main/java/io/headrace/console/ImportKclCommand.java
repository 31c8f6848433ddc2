package io.headrace.console;

import static io.headrace.console.KclBridge.answer;
import static io.headrace.console.KclBridge.answers;

import io.headrace.checkpoint.Placement;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.Standing;
import io.headrace.checkpoint.kcl.ImportChoices;
import io.headrace.checkpoint.kcl.ImportPlan;
import io.headrace.checkpoint.kcl.KclImport;
import io.headrace.checkpoint.kcl.KclRow;
import io.headrace.checkpoint.kcl.ListedStream;
import io.headrace.function.FunctionSpec;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** From the Kinesis Client Library to Headrace: functions go on where the KCL stopped. */
@Command(
    name = "import-kcl",
    mixinStandardHelpOptions = true,
    description =
        "Lets the functions of an app.yaml go on where an application of the Kinesis Client"
            + " Library stopped. See docs/from-kcl.md.")
final class ImportKclCommand implements Callable<Integer> {
  @Mixin private KclOptions options = new KclOptions();

  @Option(
      names = "--from",
      required = true,
      paramLabel = "TABLE",
      description = "The KCL's lease table: the application's name unless it was told another.")
  private String table = "";

  @Option(
      names = "--latest-at",
      paramLabel = "TIME",
      converter = KclOptions.Moment.class,
      description =
          "Where shards begin whose row says LATEST, such as 2026-11-28T14:00:00Z: when the KCL"
              + " first ran.")
  private @Nullable Instant latestAt;

  @Option(
      names = "--timestamp-at",
      paramLabel = "TIME",
      converter = KclOptions.Moment.class,
      description = "Where shards begin whose row says AT_TIMESTAMP: what the KCL was told.")
  private @Nullable Instant timestampAt;

  @Option(
      names = "--ignore-epoch",
      description = "Takes rows of several streams whose creation time is not the stream's.")
  private boolean anyEpoch;

  @Spec private @Nullable CommandSpec spec;

  private final List<String> notes = new ArrayList<>();

  /** What is done with one function in one shard. */
  private record Step(ProgressKey key, ImportPlan.Entry entry, boolean write) {}

  @Override
  public Integer call() {
    var settings = Settings.read(options.file());
    var force = options.force();
    try (var application = Application.load(settings);
        var aws = AwsServices.at(KclReport.endpoints(settings));
        var bridge = KclBridge.open(settings, options, application, aws, table)) {
      refuseFuture(bridge, "--latest-at", latestAt);
      refuseFuture(bridge, "--timestamp-at", timestampAt);
      var streams = bridge.streams();
      var first = answer(bridge.kcl().read());
      if (first.isEmpty()) {
        throw new Complaint("--from " + table + ": there is no such DynamoDB table");
      }
      plan(first.get().rows(options.ignored()), streams);
      var still = bridge.watch(first);
      var plan = plan(still.kcl().orElseThrow().rows(options.ignored()), streams);
      notes.addAll(still.alive());
      notes.addAll(plan.notes());
      if (still.hasTable()) {
        refuseEndedLeases(settings, bridge, plan);
      }
      var steps = steps(bridge, plan, still.hasTable());
      probe(bridge, plan);
      if (!options.dryRun()) {
        write(bridge, steps, by(bridge, force), force.isPresent());
      }
      report(settings, steps);
    }
    return 0;
  }

  private static void refuseFuture(KclBridge bridge, String option, @Nullable Instant time) {
    if (time != null && time.isAfter(bridge.now())) {
      throw new Complaint(
          option
              + " "
              + time
              + ": is yet to come, and what arrives before it would be passed over; it is "
              + bridge.now());
    }
  }

  private ImportPlan plan(List<KclRow> rows, List<ListedStream> streams) {
    var chosen = options.streams();
    return KclImport.plan(
        table,
        rows.stream()
            .filter(
                row ->
                    chosen.isEmpty()
                        || row.stream().filter(s -> !chosen.contains(s.name())).isEmpty())
            .toList(),
        streams,
        new ImportChoices(
            Optional.ofNullable(latestAt), Optional.ofNullable(timestampAt), anyEpoch));
  }

  /** The same for all items of one run, and no other's. */
  private String by(KclBridge bridge, Optional<String> force) {
    return "import of KCL table "
        + table
        + " at "
        + bridge.now()
        + force.map(reason -> ", forced: " + reason).orElse("");
  }

  private List<Step> steps(KclBridge bridge, ImportPlan plan, boolean hasTable) {
    var steps = new ArrayList<Step>();
    for (var function : bridge.functions()) {
      var entries =
          plan.entries().stream()
              .filter(entry -> KclBridge.reads(function, entry.shard().stream()))
              .toList();
      var keys = entries.stream().map(e -> new ProgressKey(e.shard(), function.name())).toList();
      var found = hasTable ? answers(keys, bridge.progress()::read) : List.<Optional<Standing>>of();
      for (int i = 0; i < keys.size(); i++) {
        var standing = hasTable ? found.get(i) : Optional.<Standing>empty();
        var entry = entries.get(i);
        steps.add(new Step(keys.get(i), entry, needed(keys.get(i), entry.placement(), standing)));
      }
    }
    return steps;
  }

  /** Other functions of the application may have ended a shard, which nobody leases again. */
  private void refuseEndedLeases(Settings settings, KclBridge bridge, ImportPlan plan) {
    var open =
        plan.entries().stream()
            .filter(entry -> entry.placement() instanceof Placement.At)
            .map(ImportPlan.Entry::shard)
            .toList();
    var rows = answers(open, shard -> bridge.leases().lease(settings.application(), shard));
    for (int i = 0; i < open.size(); i++) {
      if (rows.get(i).filter(row -> row.item().ended()).isPresent()) {
        throw new Complaint(
            "lease "
                + open.get(i)
                + " of application "
                + settings.application()
                + " has ended, and the KCL stands in it: a shard is never opened again; import"
                + " under another application name");
      }
    }
  }

  /** Whether the item is to be written; refuses where that would set progress aside unasked. */
  private boolean needed(ProgressKey key, Placement placement, Optional<Standing> found) {
    if (found.isEmpty()) {
      return true;
    }
    var standing = found.get();
    if (standing.ended()) {
      if (placement instanceof Placement.Ended) {
        return false;
      }
      throw new Complaint(
          "progress item "
              + key
              + ": Headrace has ended the shard, and the KCL stands in it: a shard is never opened"
              + " again; import under another application name");
    }
    if (placement instanceof Placement.At at && isAt(standing, at)) {
      return false;
    }
    boolean untouched = !standing.ran() && standing.placed().isPresent();
    if (!untouched && options.force().isEmpty()) {
      throw new Complaint(
          "progress item "
              + key
              + ": has progress already ("
              + standing.progress().through().map(Object::toString).orElse("not begun")
              + "); --force REASON sets it aside");
    }
    if (!untouched) {
      notes.add(
          key
              + ": progress at "
              + standing.progress().through().map(Object::toString).orElse("the start")
              + " is set aside"
              + (standing.partsBytes() > 0 ? ", and its state with it" : ""));
    }
    return true;
  }

  private static boolean isAt(Standing standing, Placement.At at) {
    if (!standing.parents().keySet().containsAll(at.endedParents())) {
      return false;
    }
    if (at.from() instanceof StartingPosition.After after) {
      return standing.progress().equals(new Progress(Optional.of(after.position()), List.of()));
    }
    return standing.progress().equals(Progress.NONE)
        && standing.placed().isPresent()
        && standing.base(at.from()).equals(at.from());
  }

  private void probe(KclBridge bridge, ImportPlan plan) {
    var begun = new ArrayList<ImportPlan.Entry>();
    var positions = new ArrayList<Position>();
    for (var entry : plan.entries()) {
      if (entry.placement() instanceof Placement.At at
          && at.from() instanceof StartingPosition.After after) {
        begun.add(entry);
        positions.add(after.position());
      }
    }
    var trimmed =
        answers(
            IntStream.range(0, begun.size()).boxed().toList(),
            i -> bridge.isTrimmed(begun.get(i).shard(), positions.get(i)));
    for (int i = 0; i < begun.size(); i++) {
      if (trimmed.get(i)) {
        notes.add(
            "row of "
                + begun.get(i).shard().shard()
                + " stands at "
                + begun.get(i).said()
                + ", which the stream has trimmed: what the KCL had not read is gone");
      }
    }
  }

  /**
   * Where a function begins in shards that come of those that were placed, should the stream trim a
   * parent before a worker runs: not at the tip, as it may be told to where it is new. Of a
   * function that goes on in some of its streams only, nothing is said.
   */
  private static Optional<StartingPosition> elsewhere(
      FunctionSpec<?, ?> function, List<Step> steps) {
    var placed = steps.stream().map(step -> step.key().shard().stream().name()).toList();
    boolean all =
        function.inputs().stream().allMatch(input -> placed.contains(input.source().name()));
    return all ? Optional.of(StartingPosition.TRIM_HORIZON) : Optional.empty();
  }

  private void write(KclBridge bridge, List<Step> steps, String by, boolean overwrite) {
    answer(bridge.leases().prepare());
    for (var function : bridge.functions()) {
      var own = steps.stream().filter(s -> s.key().function().equals(function.name())).toList();
      if (!own.isEmpty()) {
        answer(bridge.progress().begin(function.name(), by, overwrite, elsewhere(function, own)));
        answers(
            own.stream().filter(Step::write).toList(),
            step -> bridge.progress().place(step.key(), step.entry().placement(), by, overwrite));
        answer(bridge.progress().finish(function.name()));
      }
    }
  }

  private void report(Settings settings, List<Step> steps) {
    var out = Objects.requireNonNull(spec).commandLine().getOut();
    long written = steps.stream().filter(Step::write).count();
    var shards = new ArrayList<Map<String, Object>>();
    for (var step : steps) {
      var line = new LinkedHashMap<String, Object>();
      line.put("function", step.key().function());
      line.put("stream", step.key().shard().stream().name());
      line.put("shard", step.key().shard().shard().value());
      line.put("kcl", step.entry().said());
      line.put("headrace", words(step.entry().placement()));
      line.put("written", step.write() && !options.dryRun());
      shards.add(line);
    }
    var line = new LinkedHashMap<String, Object>();
    line.put("kclTable", table);
    line.put("application", settings.application());
    line.put("table", settings.leases().table());
    line.put("dryRun", options.dryRun());
    line.put("written", options.dryRun() ? 0 : written);
    line.put("asTheyWere", steps.size() - written);
    line.put("shards", shards);
    line.put("notes", notes);
    if (options.json()) {
      out.println(JsonLine.of(line));
      return;
    }
    KclReport.shards(out, shards, "kcl", "headrace");
    KclReport.notes(out, notes);
    out.println(
        options.dryRun()
            ? "dry run: " + written + " progress items would be written, nothing was"
            : "imported: "
                + written
                + " progress items written, "
                + (steps.size() - written)
                + " as they were; now start workers of "
                + settings.application());
  }

  private static String words(Placement placement) {
    return placement instanceof Placement.At at ? KclReport.words(at.from()) : "ended";
  }
}
