package io.headrace.console;

import io.headrace.checkpoint.dynamo.PlacedProgress;
import io.headrace.checkpoint.kcl.KclSnapshot;
import io.headrace.checkpoint.kcl.KclTable;
import io.headrace.checkpoint.kcl.ListedStream;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.Stages;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.Stored;
import io.headrace.lease.WorkerItem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Both sides of an import or export: the functions' streams, the application's table, and the
 * KCL's. Used by the command's thread, which it blocks until each answer is there.
 */
final class KclBridge implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KclBridge.class);
  private static final int AT_ONCE_MAX = 16;
  private static final long PROBE_BYTES = 1 << 20;
  private static final Duration WATCH = Duration.ofSeconds(12);

  /** The KCL 3 reports each worker every 30 seconds. */
  private static final Duration WATCH_REPORTS = Duration.ofSeconds(35);

  private final Settings settings;
  private final KclOptions options;
  private final List<FunctionSpec<?, ?>> functions;
  private final AwsServices aws;
  private final ThreadedLoop loop;
  private final Map<StreamId, ShardedStream> open = new LinkedHashMap<>();
  private final Map<ShardKey, Shard> shards = new HashMap<>();
  private final KclTable kcl;
  private final LeaseTable leases;
  private final PlacedProgress progress;

  private KclBridge(
      Settings settings,
      KclOptions options,
      List<FunctionSpec<?, ?>> functions,
      AwsServices aws,
      String kclTable) {
    this.settings = settings;
    this.options = options;
    this.functions = functions;
    this.aws = aws;
    this.loop =
        ThreadedLoop.start("kcl-bridge", failed -> LOG.error("a task of the loop failed", failed));
    this.kcl = aws.kclTable(kclTable);
    this.leases = aws.leases(settings.leases().table(), settings.leases().createTable());
    this.progress = aws.placedProgress(settings.leases().table(), settings.application());
  }

  static KclBridge open(
      Settings settings,
      KclOptions options,
      Application application,
      AwsServices aws,
      String kclTable) {
    var named = new ArrayList<FunctionSpec<?, ?>>();
    for (var name : options.functions()) {
      named.add(
          application.functions().stream()
              .filter(f -> f.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new Complaint(
                          "--function "
                              + name
                              + ": "
                              + options.file()
                              + " has "
                              + application.functions().stream()
                                  .map(FunctionSpec::name)
                                  .toList())));
    }
    var functions = named.isEmpty() ? application.functions() : named;
    return new KclBridge(settings, options, functions, aws, kclTable);
  }

  List<FunctionSpec<?, ?>> functions() {
    return functions;
  }

  KclTable kcl() {
    return kcl;
  }

  LeaseTable leases() {
    return leases;
  }

  PlacedProgress progress() {
    return progress;
  }

  Instant now() {
    return loop.now();
  }

  /** The streams that the functions read, with their shards. */
  List<ListedStream> streams() {
    var names = new LinkedHashSet<String>();
    for (var function : functions) {
      function.inputs().forEach(input -> names.add(input.source().name()));
    }
    if (!options.streams().isEmpty()) {
      for (var name : options.streams()) {
        if (!names.contains(name)) {
          throw new Complaint("--stream " + name + ": the functions read " + names);
        }
      }
      names.retainAll(options.streams());
    }
    var listed = new ArrayList<ListedStream>();
    for (var name : names) {
      var stream =
          aws.connector(Retrieval.polling())
              .open(StreamSource.kinesis(name), loop, Entropy.generator());
      var id = answer(stream.identify());
      open.put(id, stream);
      var all = answer(stream.shards());
      all.forEach(shard -> shards.put(new ShardKey(id, shard.id()), shard));
      listed.add(new ListedStream(id, all));
    }
    return listed;
  }

  ShardedStream stream(StreamId id) {
    var stream = open.get(id);
    if (stream == null) {
      throw new IllegalStateException("stream " + id + " is not open");
    }
    return stream;
  }

  /**
   * Whether the stream has trimmed what follows a checkpoint of the KCL's. One fetch from it, which
   * the stream refuses where the sequence number is not its own.
   */
  CompletionStage<Boolean> isTrimmed(ShardKey key, Position checkpoint) {
    var shard = Objects.requireNonNull(shards.get(key));
    var cursor = stream(key.stream()).open(shard, StartingPosition.after(checkpoint));
    return cursor
        .fetch(PROBE_BYTES)
        .handle(
            (fetched, failure) -> {
              cursor.close();
              if (failure == null) {
                return fetched instanceof Fetched.Gap;
              }
              throw new CompletionException(refusal(key, checkpoint, Stages.causeOf(failure)));
            });
  }

  private Throwable refusal(ShardKey key, Position checkpoint, Throwable cause) {
    return cause instanceof StreamException refused
            && refused.kind() == StreamException.Kind.INVALID
        ? new Complaint(
            "KCL table "
                + kcl.name()
                + ": row of "
                + key.shard()
                + ": field checkpoint "
                + checkpoint
                + " is refused: "
                + refused.getMessage(),
            refused)
        : cause;
  }

  static boolean reads(FunctionSpec<?, ?> function, StreamId stream) {
    return function.inputs().stream()
        .map(Input::source)
        .anyMatch(s -> s.name().equals(stream.name()));
  }

  /**
   * What was seen at the end of the watch.
   *
   * @param alive for a dry run, which may look at fleets that run: who does
   */
  record Still(Optional<KclSnapshot> kcl, boolean hasTable, List<String> alive) {}

  /**
   * Watches both fleets, and refuses when one of them is alive, unless nothing is to be written.
   */
  Still watch(Optional<KclSnapshot> first) {
    boolean hasTable = answer(progress.exists());
    var before = workers(hasTable);
    var time = watchTime(first, before);
    pause(time);
    var now = answer(kcl.read());
    var alive = new ArrayList<String>();
    if (first.isPresent() && now.isPresent()) {
      now.get()
          .changedSince(first.get())
          .map(
              change ->
                  "KCL table "
                      + kcl.name()
                      + ": "
                      + change
                      + " within "
                      + time.toSeconds()
                      + " s: the KCL is running; stop all its workers first")
          .ifPresent(alive::add);
    }
    if (first.isPresent() != now.isPresent()) {
      throw new Complaint("KCL table " + kcl.name() + " was made or deleted while it was watched");
    }
    alive.addAll(alive(before, workers(hasTable)));
    if (!alive.isEmpty() && !options.dryRun()) {
      throw new Complaint(alive.get(0));
    }
    return new Still(now, hasTable, alive);
  }

  private Duration watchTime(Optional<KclSnapshot> kcl, List<Stored<WorkerItem>> workers) {
    boolean reported = kcl.filter(k -> k.reportedLately(now())).isPresent();
    var time = options.watch().orElse(reported ? WATCH_REPORTS : WATCH);
    for (var worker : workers) {
      var item = worker.item();
      if (!item.state().gone() && item.leaseTime().compareTo(time) > 0) {
        time = item.leaseTime();
      }
    }
    return time;
  }

  private List<String> alive(List<Stored<WorkerItem>> before, List<Stored<WorkerItem>> now) {
    var revisions = new HashMap<String, Long>();
    before.forEach(w -> revisions.put(w.item().incarnation().toString(), w.revision()));
    return now.stream()
        .filter(w -> !w.item().state().gone())
        .filter(
            w ->
                !Long.valueOf(w.revision())
                    .equals(revisions.get(w.item().incarnation().toString())))
        .map(
            w ->
                "application "
                    + settings.application()
                    + " in "
                    + leases.name()
                    + ": worker "
                    + w.item().incarnation().workerId()
                    + " is running; stop all its workers first")
        .toList();
  }

  private List<Stored<WorkerItem>> workers(boolean hasTable) {
    return hasTable ? answer(leases.workers(settings.application())) : List.of();
  }

  private void pause(Duration time) {
    var done = new CompletableFuture<Void>();
    var unused = loop.schedule(time, () -> done.complete(null));
    done.join();
  }

  static <T> T answer(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  /** The answers in the order asked; a few are waited for at once, as there may be thousands. */
  static <A, T> List<T> answers(List<A> questions, Function<A, CompletionStage<T>> ask) {
    var answers = new ArrayList<T>(questions.size());
    for (int from = 0; from < questions.size(); from += AT_ONCE_MAX) {
      var some = questions.subList(from, Math.min(questions.size(), from + AT_ONCE_MAX));
      some.stream().map(ask).toList().forEach(stage -> answers.add(answer(stage)));
    }
    return answers;
  }

  @Override
  public void close() {
    open.values().forEach(ShardedStream::close);
    loop.close();
  }
}
