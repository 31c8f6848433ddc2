package io.headrace.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.Order;
import io.headrace.function.Operations;
import io.headrace.function.Snapshot;
import io.headrace.function.StateReader;
import io.headrace.function.StoredEntry;
import io.headrace.kcl.loop.Stages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What functions keep: read, carried elsewhere, forgotten. */
@Command(
    name = "state",
    mixinStandardHelpOptions = true,
    description = "Exports and imports what functions keep, and has single keys forgotten.",
    subcommands = {
      StateCommands.Export.class,
      StateCommands.Import.class,
      StateCommands.Erase.class,
      CommandLine.HelpCommand.class
    })
final class StateCommands implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    var command = Objects.requireNonNull(spec).commandLine();
    command.usage(command.getOut());
  }

  /** See the description. */
  @Command(
      name = "export",
      mixinStandardHelpOptions = true,
      description = {
        "Writes what a function keeps, as of the last commit of each shard, as lines of JSON:",
        "keys, states as their codec stored them, timers, windows, shards and positions.",
        "Only reads, and needs no worker to run. The file holds users' data."
      })
  static final class Export implements Callable<Integer> {
    @Parameters(paramLabel = "app.yaml", description = "The settings file of the application.")
    private @Nullable Path file;

    @Option(names = "--function", required = true, description = "Its name, as `leases` shows it.")
    private @Nullable String function;

    @Option(names = "--key", description = "Only what is kept under this partition key.")
    private @Nullable String key;

    @Option(names = "--to", required = true, description = "The file, which is not there yet.")
    private @Nullable Path to;

    @Option(names = "--json", description = "The last line is one JSON object.")
    private boolean json;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      var target = Objects.requireNonNull(to);
      if (Files.exists(target)) {
        throw new Complaint("--to " + target + ": is there already; remove it or name another");
      }
      try (var desk = StateDesk.open(Objects.requireNonNull(file), "")) {
        return StateDesk.refusing(() -> export(desk, target));
      }
    }

    private int export(StateDesk desk, Path target) {
      var of = Objects.requireNonNull(function);
      var part = target.resolveSibling(target.getFileName() + ".part");
      try (var written = StateFile.create(part)) {
        var application = desk.settings().application();
        var at = desk.loop().now().toString();
        written.line(StateLines.first(application, of, at, key != null));
        if (key == null) {
          StateDesk.answer(desk.reader().all(of, written));
        } else {
          var found = StateDesk.answer(desk.reader().key(of, key));
          written.begins(found.asOf());
          found.entries().forEach(written::entry);
        }
        written.line(StateLines.last(written.entries()));
        written.close();
        Files.move(part, target);
        tell(application, target, written.entries());
        return 0;
      } catch (IOException | UncheckedIOException failed) {
        throw new Complaint(
            "--to " + target + ": can't be written: " + failed.getMessage(), failed);
      }
    }

    private void tell(String application, Path target, long entries) {
      var out = Objects.requireNonNull(spec).commandLine().getOut();
      if (json) {
        var line = new LinkedHashMap<String, Object>();
        line.put("application", application);
        line.put("function", function);
        line.put("entries", entries);
        line.put("file", target.toString());
        out.println(JsonLine.of(line));
      } else {
        out.println(entries + " entries of " + function + " are in " + target);
      }
    }
  }

  /** See the description. */
  @Command(
      name = "import",
      mixinStandardHelpOptions = true,
      description = {
        "Puts exported state in the place of what a function keeps, each key in its shard.",
        "Refused while a worker is alive, or where there is state, unless --replace is said."
      })
  static final class Import implements Callable<Integer> {
    private static final int BATCH = 1_000;

    @Mixin private final OrderOptions options = new OrderOptions();

    @Option(names = "--from", required = true, description = "A file of `state export`.")
    private @Nullable Path from;

    @Option(
        names = "--to",
        description = {
          "Where the function reads on, as `seek` has it; unless given, where each shard was when",
          "it was exported."
        })
    private @Nullable String to;

    @Option(
        names = "--replace",
        description = "Drops the state that is there, also from under a worker that runs.")
    private boolean replace;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      try (var desk = StateDesk.open(options.file(), options.by())) {
        return StateDesk.refusing(() -> read(desk, options.wholeFunction("import")));
      }
    }

    private int read(StateDesk desk, Operations.Target target) {
      if (!replace) {
        requireNobody(desk.picture());
      }
      var into = desk.importing(target.function(), replace);
      StateDesk.answer(into.begin());
      var source = Objects.requireNonNull(from);
      int number = 0;
      var batch = new ArrayList<StoredEntry>(BATCH);
      long counted = -1;
      try (var lines = Files.newBufferedReader(source, UTF_8)) {
        for (var text = lines.readLine(); text != null; text = lines.readLine()) {
          number++;
          var line = StateLines.read(text);
          if (number == 1 != line instanceof StateLines.Line.First || counted >= 0) {
            throw new IllegalArgumentException("is not where such a line belongs");
          }
          if (replace && line instanceof StateLines.Line.First first && first.ofOneKey()) {
            throw new IllegalArgumentException(
                "is of one key, and --replace would drop all others; export without --key");
          }
          if (line instanceof StateLines.Line.OfShard shard) {
            into.add(shard.head());
          } else if (line instanceof StateLines.Line.OfEntry entry) {
            batch.add(entry.entry());
          } else if (line instanceof StateLines.Line.Last last) {
            counted = last.entries();
          }
          if (batch.size() == BATCH || counted >= 0) {
            StateDesk.answer(into.add(List.copyOf(batch)));
            batch.clear();
          }
        }
      } catch (IOException failed) {
        throw new Complaint("--from " + source + ": can't be read: " + failed, failed);
      } catch (IllegalArgumentException wrong) {
        throw new Complaint(source + ", line " + number + ": " + wrong.getMessage(), wrong);
      }
      if (counted != into.entries()) {
        throw new Complaint(
            source
                + ": is cut short: it has "
                + into.entries()
                + " entries, and its last line says "
                + (counted < 0 ? "nothing" : counted));
      }
      var place = Optional.ofNullable(to).map(word -> OrderCommands.Seek.place(word, desk.loop()));
      return tell(into.entries(), StateDesk.answer(into.finish(place, options.reason())));
    }

    static void requireNobody(FleetPicture picture) {
      for (var worker : picture.workers()) {
        switch (picture.standing(worker)) {
          case RUNS, STANDBY, LEAVES ->
              throw new IllegalArgumentException(
                  "import: worker "
                      + worker.item().incarnation()
                      + " is alive; stop all workers, or say --replace");
          case SILENT, LEFT, BURIED -> {}
        }
      }
    }

    private int tell(long entries, Operations.Sought done) {
      var out = Objects.requireNonNull(spec).commandLine().getOut();
      if (options.json()) {
        var line = new LinkedHashMap<String, Object>();
        line.put("entries", entries);
        line.put("order", OrderView.json(done.order()));
        line.put("shards", done.moved().stream().map(shard -> shard.key()).toList());
        line.put("ended", done.ended().stream().map(shard -> shard.key()).toList());
        out.println(JsonLine.of(line));
      } else {
        out.println("order " + done.order().number() + ": " + done.order());
        out.println(entries + " entries in " + done.moved().size() + " shards");
        done.ended().forEach(shard -> out.println("  ended meanwhile, without: " + shard));
      }
      return done.ended().isEmpty() ? 0 : Headrace.MISSED;
    }
  }

  /** See the description. */
  @Command(
      name = "erase",
      mixinStandardHelpOptions = true,
      description = {
        "Has a function forget all that it keeps under a partition key, out of stored chunks too.",
        "Done by the worker that runs the key's shard; docs/state.md says what stays where."
      })
  static final class Erase implements Callable<Integer> {
    private static final Duration LOOK = Duration.ofMillis(500);

    @Mixin private final OrderOptions options = new OrderOptions();

    @Option(names = "--key", required = true, description = "The partition key.")
    private @Nullable String key;

    @Option(
        names = "--wait",
        defaultValue = "0",
        description = "Waits so many seconds at most until it is done; exit code 1 if not.")
    private int wait;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      try (var desk = StateDesk.open(options.file(), options.by())) {
        return StateDesk.refusing(() -> erase(desk, options.wholeFunction("erase")));
      }
    }

    private int erase(StateDesk desk, Operations.Target target) {
      var function = target.function();
      var gone = Objects.requireNonNull(key);
      var order = StateDesk.answer(desk.state().erase(function, gone, options.reason()));
      var done = new CompletableFuture<Boolean>();
      if (wait > 0) {
        watch(desk, function, gone, order, desk.loop().now().plusSeconds(wait), done);
      } else {
        done.complete(false);
      }
      boolean erased = done.join();
      var copies = StateDesk.answer(desk.snapshots().list(function));
      tell(order, erased, copies.stream().map(Snapshot::name).toList());
      return wait > 0 && !erased ? Headrace.MISSED : 0;
    }

    private static void watch(
        StateDesk desk,
        String function,
        String key,
        Order order,
        Instant until,
        CompletableFuture<Boolean> done) {
      Stages.ask(
          desk.loop(),
          () -> desk.reader().key(function, key),
          found -> {
            boolean erased = isErased(found, order);
            if (erased || !desk.loop().now().isBefore(until)) {
              done.complete(erased);
            } else {
              var unused =
                  desk.loop().schedule(LOOK, () -> watch(desk, function, key, order, until, done));
            }
          },
          done::completeExceptionally);
    }

    private static boolean isErased(StateReader.OfKey found, Order order) {
      return found.asOf().erasures() >= order.number();
    }

    private void tell(Order order, boolean erased, List<String> copies) {
      var out = Objects.requireNonNull(spec).commandLine().getOut();
      if (options.json()) {
        var line = new LinkedHashMap<String, Object>();
        line.put("order", OrderView.json(order));
        line.put("erased", erased);
        line.put("snapshots", copies);
        out.println(JsonLine.of(line));
        return;
      }
      out.println("order " + order.number() + ": " + order);
      out.println(
          erased
              ? "the last commit is without it; the chunks that had it go with the next"
              : "it is done by whoever runs the key's shard, now or when somebody does");
      copies.forEach(
          name -> out.println("  snapshot " + name + " may hold it still: `snapshot --remove`"));
    }
  }
}
