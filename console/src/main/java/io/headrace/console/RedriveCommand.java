package io.headrace.console;

import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.Order;
import io.headrace.function.Operations;
import io.headrace.function.Redrives;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import io.headrace.kcl.loop.ThreadedLoop;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Has dead letters played again by the workers that own their keys. */
@Command(
    name = "redrive",
    mixinStandardHelpOptions = true,
    description = {
      "Has dead letters played again, in the order of their keys, by the workers that own them.",
      "Those that are handled are letters no more; those that fail again stay for the next time."
    })
final class RedriveCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofMillis(500);

  /** A look reads all letters of the function: of many, a tenth of the time at most is spent so. */
  private static final int PAUSE_FOR_A_LOOK = 9;

  @Mixin private final OrderOptions options = new OrderOptions();

  @Option(names = "--key", description = "Only letters with this partition key.")
  private @Nullable String key;

  @Option(names = "--code", description = "Only letters under this code.")
  private @Nullable String code;

  @Option(names = "--since", description = "Only letters that failed at this instant or later.")
  private @Nullable String since;

  @Option(names = "--until", description = "Only letters that failed before this instant.")
  private @Nullable String until;

  @Option(
      names = "--rate",
      defaultValue = "0",
      description = "How many a second and shard at most; 0, the default, for no bound.")
  private int rate;

  @Option(names = "--dry-run", description = "Says which letters are meant, and orders nothing.")
  private boolean dryRun;

  @Option(
      names = "--wait",
      defaultValue = "0",
      description = "Waits so many seconds at most until all were played; exit code 1 if not.")
  private int wait;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    var settings = Settings.read(options.file());
    try (var application = Application.load(settings);
        var aws = AwsServices.at(RunCommand.endpoints(settings));
        var loop = ThreadedLoop.start("headrace-operator", thrown -> {})) {
      var table = settings.leases().table();
      var store = aws.checkpoints(table, settings.application());
      var operations =
          new Operations(
              settings.application(),
              application.functions(),
              aws.leases(table),
              store.operator(),
              loop,
              Entropy.generator(),
              options.by());
      return redrive(settings, new Redrives(operations, store.letters()), loop);
    } catch (IllegalArgumentException refused) {
      throw new Complaint(String.valueOf(refused.getMessage()), refused);
    } catch (CompletionException failed) {
      if (Stages.causeOf(failed) instanceof IllegalArgumentException refused) {
        throw new Complaint(String.valueOf(refused.getMessage()), refused);
      }
      throw failed;
    }
  }

  private int redrive(Settings settings, Redrives redrives, EventLoop loop) {
    var command = Objects.requireNonNull(spec).commandLine();
    var out = command.getOut();
    var deed =
        new Order.Deed.Redrive(
            Optional.ofNullable(code), instant("--since", since), instant("--until", until), rate);
    var found = answer(redrives.look(options.target(key), deed));
    found.faults().forEach(fault -> command.getErr().println("headrace: " + fault));
    if (!options.json()) {
      tell(out, found.letters());
    }
    if (dryRun || found.letters().isEmpty()) {
      return end(out, settings, found, Optional.empty(), found.letters().size());
    }
    var order = answer(redrives.redrive(options.target(key), deed, options.reason()));
    if (!options.json()) {
      order.ifPresent(given -> out.println("order " + given.number() + ": " + given));
    }
    var left = new CompletableFuture<Integer>();
    order.ifPresentOrElse(
        given -> watch(redrives, given, loop, loop.now().plusSeconds(wait), left),
        () -> left.complete(0));
    return end(out, settings, found, order, answer(left));
  }

  private int end(
      PrintWriter out,
      Settings settings,
      Redrives.Selection found,
      Optional<Order> order,
      int left) {
    boolean missed = order.isPresent() && wait > 0 && left > 0;
    if (options.json()) {
      var line = new LinkedHashMap<String, Object>();
      line.put("application", settings.application());
      line.put("letters", found.letters().size());
      line.put("byCode", byCode(found.letters()));
      order.ifPresent(given -> line.put("order", OrderView.json(given)));
      line.put("left", left);
      out.println(JsonLine.of(line));
    } else if (missed) {
      out.println(left + " letters were not played within " + wait + " s; they will be");
    } else if (order.isPresent() && wait > 0) {
      out.println("all were played; run it again to see which failed again");
    }
    return missed ? Headrace.MISSED : found.faults().isEmpty() ? 0 : Headrace.USER_CAN_MEND;
  }

  /** Looks again and again until all were played, or for as long as the user waits. */
  private void watch(
      Redrives redrives,
      Order order,
      EventLoop loop,
      Instant until,
      CompletableFuture<Integer> answered) {
    long began = loop.ticks();
    Stages.ask(
        loop,
        () -> redrives.left(order),
        left -> {
          if (left.letters().isEmpty() || !loop.now().isBefore(until)) {
            answered.complete(left.letters().size());
          } else {
            var pause = Duration.ofNanos(PAUSE_FOR_A_LOOK * (loop.ticks() - began));
            var unused =
                loop.schedule(
                    pause.compareTo(LOOK) > 0 ? pause : LOOK,
                    () -> watch(redrives, order, loop, until, answered));
          }
        },
        answered::completeExceptionally);
  }

  private static void tell(PrintWriter out, List<Letter> letters) {
    out.println(letters.size() + (letters.size() == 1 ? " letter" : " letters"));
    byCode(letters).forEach((code, count) -> out.println("  " + count + " under " + code));
    letters.stream()
        .collect(
            Collectors.groupingBy(
                letter -> letter.id().place().shard().key(), TreeMap::new, Collectors.toList()))
        .forEach(
            (shard, its) ->
                out.println(
                    "  "
                        + its.size()
                        + " in "
                        + shard
                        + ", of "
                        + its.stream().map(Letter::key).distinct().count()
                        + " keys, failed between "
                        + its.stream().map(Letter::failedAt).min(Instant::compareTo).orElseThrow()
                        + " and "
                        + its.stream()
                            .map(Letter::failedAt)
                            .max(Instant::compareTo)
                            .orElseThrow()));
  }

  private static Map<String, Long> byCode(List<Letter> letters) {
    return letters.stream()
        .collect(Collectors.groupingBy(Letter::code, TreeMap::new, Collectors.counting()));
  }

  private static Optional<Instant> instant(String option, @Nullable String text) {
    try {
      return Optional.ofNullable(text).map(Instant::parse);
    } catch (DateTimeParseException wrong) {
      throw new Complaint(
          option + " " + text + ": must be an instant such as 2026-01-31T12:00:00Z", wrong);
    }
  }

  private static <T> T answer(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
