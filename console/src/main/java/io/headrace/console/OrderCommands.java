package io.headrace.console;

import io.headrace.checkpoint.Order;
import io.headrace.function.Operations;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import io.headrace.kcl.loop.ThreadedLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What an operator does to functions, on a fleet that runs or stands still. */
final class OrderCommands {
  private static final String SNAPSHOT = "snapshot:";

  /** Clocks that differ must not pass over records that arrived before the command. */
  private static final Duration LATEST_MARGIN = Duration.ofSeconds(5);

  private OrderCommands() {}

  /** What they share: the file is read, the table is reached, and the order is told. */
  abstract static class Giving implements Callable<Integer> {
    @Mixin final OrderOptions options = new OrderOptions();
    @Spec private @Nullable CommandSpec spec;

    void give(BiFunction<Operations, EventLoop, CompletionStage<Operations.Sought>> deed) {
      var settings = Settings.read(options.file());
      try (var application = Application.load(settings);
          var aws = AwsServices.at(RunCommand.endpoints(settings));
          var loop = ThreadedLoop.start("headrace-operator", thrown -> {})) {
        var table = settings.leases().table();
        var operations =
            new Operations(
                settings.application(),
                application.functions(),
                aws.leases(table),
                aws.checkpoints(table, settings.application()).operator(),
                loop,
                Entropy.generator(),
                options.by());
        tell(settings, deed.apply(operations, loop).toCompletableFuture().join());
      } catch (IllegalArgumentException refused) {
        throw complaint(refused);
      } catch (CompletionException failed) {
        if (Stages.causeOf(failed) instanceof IllegalArgumentException refused) {
          throw complaint(refused);
        }
        throw failed;
      }
    }

    private static Complaint complaint(IllegalArgumentException refused) {
      return new Complaint(String.valueOf(refused.getMessage()), refused);
    }

    private void tell(Settings settings, Operations.Sought done) {
      var out = Objects.requireNonNull(spec).commandLine().getOut();
      var order = done.order();
      var moved = done.moved().stream().map(ShardKey::key).toList();
      var ended = done.ended().stream().map(ShardKey::key).toList();
      if (options.json()) {
        var line = new LinkedHashMap<String, Object>();
        line.put("application", settings.application());
        line.put("order", OrderView.json(order));
        line.put("moved", moved);
        line.put("ended", ended);
        out.println(JsonLine.of(line));
        return;
      }
      out.println("order " + order.number() + ": " + order);
      moved.forEach(shard -> out.println("  moved in " + shard));
      ended.forEach(
          shard -> out.println("  ended before it could be moved: " + shard + "; seek again"));
      out.println(
          "workers obey within about "
              + settings.leases().leaseTime().dividedBy(5).plusSeconds(1).toSeconds()
              + " s; where none runs, the next one does");
    }

    /** Goes back to a copy of what the function kept. */
    int seekTo(String snapshot) {
      try (var desk = StateDesk.open(options.file(), options.by())) {
        return StateDesk.refusing(
            () -> {
              var target = options.target(null);
              var seek = desk.state().seek(target, snapshot, options.reason());
              tell(desk.settings(), StateDesk.answer(seek));
              return 0;
            });
      }
    }

    static CompletionStage<Operations.Sought> plain(CompletionStage<Order> given) {
      return given.thenApply(order -> new Operations.Sought(order, List.of(), List.of()));
    }
  }

  /** See the description. */
  @Command(
      name = "pause",
      mixinStandardHelpOptions = true,
      description = {
        "Holds a function, in one shard or all, or one key of it, until `resume`.",
        "What it did is committed first; nothing is lost."
      })
  static final class Pause extends Giving {
    @Option(names = "--key", description = "Only records with this partition key; others go on.")
    private @Nullable String key;

    @Override
    public Integer call() {
      give((operations, loop) -> plain(operations.pause(options.target(key), options.reason())));
      return 0;
    }
  }

  /** See the description. */
  @Command(
      name = "resume",
      mixinStandardHelpOptions = true,
      description = "Ends a pause of a function, of one of its shards or of a key.")
  static final class Resume extends Giving {
    @Option(names = "--key", description = "The key that was paused.")
    private @Nullable String key;

    @Override
    public Integer call() {
      give((operations, loop) -> plain(operations.resume(options.target(key), options.reason())));
      return 0;
    }
  }

  /** See the description. */
  @Command(
      name = "seek",
      mixinStandardHelpOptions = true,
      description = "Moves a function to another place in a shard, or in all that are open.")
  static final class Seek extends Giving {
    @Option(
        names = "--to",
        description = {
          "TRIM_HORIZON, LATEST, an instant such as 2026-01-31T12:00:00Z, or a sequence number",
          "(with :sub for one within an aggregate), behind which it goes on. Not with a snapshot,",
          "which says where it goes on."
        })
    private @Nullable String to;

    @Option(
        names = "--state",
        description = {
          "What a function with state goes on with; demanded for those: empty, or snapshot:NAME,",
          "with the position that belongs to it."
        })
    private @Nullable String state;

    @Override
    public Integer call() {
      if (state != null && state.startsWith(SNAPSHOT)) {
        return toSnapshot(state.substring(SNAPSHOT.length()));
      }
      boolean empty = "empty".equals(state);
      if (state != null && !empty) {
        throw new Complaint("--state " + state + ": must be empty or snapshot:NAME");
      }
      var there = to;
      if (there == null) {
        throw new Complaint("seek: say with --to where it goes on");
      }
      give(
          (operations, loop) ->
              operations.seek(options.target(null), place(there, loop), empty, options.reason()));
      return 0;
    }

    private int toSnapshot(String name) {
      if (to != null) {
        throw new Complaint(
            "--to "
                + to
                + ": a snapshot says where it goes on; leave --to away, or say --state empty");
      }
      return seekTo(name);
    }

    static StartingPosition place(String to, EventLoop loop) {
      return switch (to) {
        case "TRIM_HORIZON" -> StartingPosition.TRIM_HORIZON;
        case "LATEST" -> StartingPosition.at(loop.now().minus(LATEST_MARGIN));
        default ->
            Character.isDigit(to.charAt(0)) && !to.contains("-")
                ? StartingPosition.after(position("--to", to, 0))
                : instant(to);
      };
    }

    private static StartingPosition instant(String to) {
      try {
        return StartingPosition.at(Instant.parse(to));
      } catch (DateTimeParseException wrong) {
        throw new Complaint(
            "--to "
                + to
                + ": must be TRIM_HORIZON, LATEST, an instant such as 2026-01-31T12:00:00Z, or a"
                + " sequence number",
            wrong);
      }
    }
  }

  /** See the description. */
  @Command(
      name = "skip",
      mixinStandardHelpOptions = true,
      description = {
        "Passes over one record, or over all records of a key up to a position.",
        "They count as skipped, and as nothing else."
      })
  static final class Skip extends Giving {
    @Option(names = "--sequence", description = "The one record, as logs name it: sequence[:sub].")
    private @Nullable String sequence;

    @Option(names = "--key", description = "All records with this partition key, up to --up-to.")
    private @Nullable String key;

    @Option(names = "--up-to", description = "The last that is passed over: sequence[:sub].")
    private @Nullable String upTo;

    @Override
    public Integer call() {
      if ((sequence == null) == (key == null) || (key == null) != (upTo == null)) {
        throw new Complaint("skip: say --sequence SEQ, or --key KEY with --up-to SEQ");
      }
      var last =
          sequence != null
              ? position("--sequence", sequence, 0)
              : position("--up-to", Objects.requireNonNull(upTo), Long.MAX_VALUE);
      give(
          (operations, loop) ->
              plain(operations.skip(options.target(key), last, options.reason())));
      return 0;
    }
  }

  /**
   * A position as it is typed.
   *
   * @param sub which part of an aggregate is meant where none is named
   */
  private static Position position(String option, String text, long sub) {
    try {
      return text.indexOf(':') < 0
          ? new Position(new SequenceNumber(text), sub)
          : Position.parse(text);
    } catch (IllegalArgumentException wrong) {
      throw new Complaint(option + " " + text + ": " + wrong.getMessage(), wrong);
    }
  }
}
