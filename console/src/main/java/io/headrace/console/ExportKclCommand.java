package io.headrace.console;

import static io.headrace.console.KclBridge.answer;
import static io.headrace.console.KclBridge.answers;

import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.Standing;
import io.headrace.checkpoint.kcl.ExportPlan;
import io.headrace.checkpoint.kcl.ExportPlan.What;
import io.headrace.checkpoint.kcl.KclCheckpoint.At;
import io.headrace.checkpoint.kcl.KclExport;
import io.headrace.checkpoint.kcl.KclRow;
import io.headrace.checkpoint.kcl.ListedStream;
import io.headrace.checkpoint.kcl.SeenAgain;
import io.headrace.function.FunctionSpec;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** From Headrace back to the Kinesis Client Library. */
@Command(
    name = "export-kcl",
    mixinStandardHelpOptions = true,
    description =
        "Lets an application of the Kinesis Client Library go on where a function of an app.yaml"
            + " stopped. See docs/from-kcl.md.")
final class ExportKclCommand implements Callable<Integer> {
  @Mixin private KclOptions options = new KclOptions();

  @Option(
      names = "--to",
      required = true,
      paramLabel = "TABLE",
      description = "The KCL's lease table; made if there is none.")
  private String table = "";

  @Option(
      names = "--account",
      paramLabel = "ID",
      description =
          "For a new table of an application that reads several streams: their account, 12 digits.")
  private @Nullable String account;

  @Spec private @Nullable CommandSpec spec;

  private final List<String> notes = new ArrayList<>();

  @Override
  public Integer call() {
    var settings = Settings.read(options.file());
    var force = options.force();
    if (account != null && !account.matches("\\d{12}")) {
      throw new Complaint("--account " + account + ": must be 12 digits");
    }
    try (var application = Application.load(settings);
        var aws = AwsServices.at(KclReport.endpoints(settings));
        var bridge = KclBridge.open(settings, options, application, aws, table)) {
      var function = function(bridge);
      var streams = bridge.streams();
      var first = answer(bridge.kcl().read());
      first.ifPresent(kcl -> kcl.rows(options.ignored()));
      var still = bridge.watch(first);
      if (!still.hasTable()) {
        throw new Complaint(
            "DynamoDB table " + settings.leases().table() + " does not exist: nothing ever ran");
      }
      List<KclRow> rows = still.kcl().map(kcl -> kcl.rows(options.ignored())).orElse(List.of());
      var known = known(bridge, function, streams);
      var plan =
          KclExport.plan(
              table, known, streams, rows, Optional.ofNullable(account), force.isPresent());
      notes.addAll(still.alive());
      notes.addAll(plan.notes());
      force.ifPresent(reason -> notes.add("rows that were further are set back: " + reason));
      refuseStranger(bridge, plan);
      var again = countAgain(bridge, known, streams);
      if (!options.dryRun()) {
        if (first.isEmpty()) {
          answer(bridge.kcl().create());
        }
        answer(bridge.kcl().write(plan.writes()));
      }
      report(settings, function, plan, again);
    }
    return 0;
  }

  /** What is overwritten must be of this stream: other applications' tables look just alike. */
  private static void refuseStranger(KclBridge bridge, ExportPlan plan) {
    var changing =
        plan.writes().stream()
            .filter(w -> w.what() == What.CHANGED && w.was().orElseThrow() instanceof At)
            .toList();
    answers(
        changing,
        write -> bridge.isTrimmed(write.shard(), ((At) write.was().orElseThrow()).position()));
  }

  private static FunctionSpec<?, ?> function(KclBridge bridge) {
    if (bridge.functions().size() != 1) {
      throw new Complaint(
          "a KCL application is one function: name it with --function, one of "
              + bridge.functions().stream().map(FunctionSpec::name).toList());
    }
    return bridge.functions().get(0);
  }

  private static KclExport.Known known(
      KclBridge bridge, FunctionSpec<?, ?> function, List<ListedStream> streams) {
    var start = answer(bridge.progress().startOf(function.name()));
    var keys =
        streams.stream()
            .flatMap(s -> s.shards().stream().map(shard -> new ShardKey(s.id(), shard.id())))
            .toList();
    var found = answers(keys, key -> bridge.progress().read(new ProgressKey(key, function.name())));
    var standings = new HashMap<ShardKey, Standing>();
    for (int i = 0; i < keys.size(); i++) {
      var key = keys.get(i);
      found.get(i).ifPresent(standing -> standings.put(key, standing));
    }
    if (standings.isEmpty()) {
      throw new Complaint(
          "function " + function.name() + " has never run: there is nothing to go on from");
    }
    // What was placed and never run says in each shard where it begins.
    return new KclExport.Known(
        function.name(), start.orElse(StartingPosition.TRIM_HORIZON), standings);
  }

  /** By shard, where there are any. */
  private Map<ShardKey, SeenAgain.Count> countAgain(
      KclBridge bridge, KclExport.Known known, List<ListedStream> streams) {
    var counts = new LinkedHashMap<ShardKey, SeenAgain.Count>();
    for (var stream : streams) {
      for (var shard : stream.shards()) {
        var key = new ShardKey(stream.id(), shard.id());
        var standing = known.standings().get(key);
        if (standing != null && !standing.ended() && !standing.progress().ranges().isEmpty()) {
          var count =
              answer(
                  SeenAgain.count(
                      bridge.stream(stream.id()),
                      shard,
                      standing.progress(),
                      standing.base(known.start())));
          counts.put(key, count);
          notes.add(
              (count.exact() ? "" : "at least ")
                  + count.records()
                  + " records of "
                  + shard.id()
                  + " that were finished out of turn will be seen again");
        }
      }
    }
    return counts;
  }

  private void report(
      Settings settings,
      FunctionSpec<?, ?> function,
      ExportPlan plan,
      Map<ShardKey, SeenAgain.Count> again) {
    var out = Objects.requireNonNull(spec).commandLine().getOut();
    long written = plan.writes().stream().filter(w -> w.what() != What.KEPT).count();
    var shards = new ArrayList<Map<String, Object>>();
    for (var write : plan.writes()) {
      var line = new LinkedHashMap<String, Object>();
      line.put("function", function.name());
      line.put("stream", write.shard().stream().name());
      line.put("shard", write.shard().shard().value());
      line.put("row", write.row().key());
      line.put("kcl", write.row().checkpoint().toString());
      line.put("written", write.what() != What.KEPT && !options.dryRun());
      var count = again.get(write.shard());
      line.put("seenAgain", count == null ? 0 : count.records());
      shards.add(line);
    }
    long seenAgain = again.values().stream().mapToLong(SeenAgain.Count::records).sum();
    var line = new LinkedHashMap<String, Object>();
    line.put("kclTable", table);
    line.put("application", settings.application());
    line.put("function", function.name());
    line.put("dryRun", options.dryRun());
    line.put("written", options.dryRun() ? 0 : written);
    line.put("asTheyWere", plan.writes().size() - written);
    line.put("seenAgain", seenAgain);
    line.put("shards", shards);
    line.put("notes", notes);
    if (options.json()) {
      out.println(JsonLine.of(line));
      return;
    }
    KclReport.shards(out, shards, "row", "kcl");
    KclReport.notes(out, notes);
    var figures =
        written + " rows written, " + (plan.writes().size() - written) + " as they were; ";
    out.println(
        (options.dryRun() ? "dry run, nothing was written: " : "exported: ")
            + figures
            + seenAgain
            + " records will be seen again");
  }
}
