package io.headrace.function.settings;

import io.headrace.function.DeadLetters;
import io.headrace.function.FunctionOptions;
import io.headrace.function.Redaction;
import io.headrace.function.json.JsonRedaction;
import io.headrace.kcl.WorkerSettings;
import io.headrace.kcl.kinesis.Retrieval;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What {@code headrace run app.yaml} reads, checked whole: every key is known, every value in
 * range. Immutable.
 *
 * <pre>{@code
 * application: payments            # names the fleet: workers of one name share the shards
 * worker: ${env:HOSTNAME}          # must differ between the workers; default: host and process id
 * deployment: ${env:RELEASE}       # what is deployed: in a roll shards go to workers of the newest
 * aws:
 *   region: eu-west-1              # default: what the AWS SDK finds
 *   kinesisEndpoint: http://127.0.0.1:4567     # default: AWS
 *   dynamoDbEndpoint: http://127.0.0.1:8000    # default: AWS
 *   sqsEndpoint: http://127.0.0.1:9324         # default: AWS
 *   s3Endpoint: http://127.0.0.1:9090          # default: AWS
 * leases:
 *   table: headrace
 *   createTable: onDemand          # or never: a table that is missing is then an error
 *   leaseTime: 10s                 # a crashed worker's shards resume after at most 1.2 of it + 1 s
 *   capacity: 1                    # this worker's share against the others': 1, 2, 4 ... 64
 * createStreams: onDemand          # those through which functions are keyed; or never
 * retrieval: fan-out               # or polling; what each costs is said at start
 * consumer: payments               # fan-out's name or ARN; default: the application's name
 * watchdog:
 *   after: 5m                      # a function without progress in a shard is restarted there
 *   restarts: 2                    # after so many the shard is given up to another worker
 *   stuckThreads: 16               # with more that heed no interrupt the worker ends in order
 * memory: 256MiB                   # records in flight
 * stopWithin: 5s                   # what a stop waits for functions that are under way
 * deadLetters: dead-letters        # folder for records that can't be handled; or stream:NAME,
 *                                  # s3://BUCKET/PREFIX, https://sqs.REGION.amazonaws.com/N/QUEUE
 * largeLetters: s3://BUCKET/PREFIX # where a queue's letters lie that are too large for it
 * redact: [/card/number]           # JSON pointers of what dead letters must not show
 * metrics:                         # a page for Prometheus, and /health; none where this is not said
 *   port: 9464                     # 0 for a free one; where it is, is printed
 *   host: 127.0.0.1                # whoever reaches it may read
 *   shards: false                  # true: the age of each shard, too
 * classpath: [build/app.jar]
 * modules: [com.acme.PaymentsModule]           # Guice modules that bind functions
 * functions:
 *   - class: com.acme.HotHostAlarm             # has a static method spec()
 *     enabled: true                            # false keeps its place until it is true again
 *     startingPosition: trim-horizon           # or latest, or a time; where it never read before
 *     timeout: 30s                             # of one attempt
 *     inFlight: 256                            # records of a shard in work
 *     threads: 64                              # calls at once, on threads of the function's own
 *     virtualThreads: auto                     # from JDK 24 on; always: from 21 on; never
 *     retries: forever                         # or 0 to 10000
 *     recordAge: 1h                            # older ones go to the dead letters
 *     backOff: {first: 100ms, longest: 1m}
 *     pauseAbove: {share: 0.5, ofLast: 100}    # failing records pause it instead
 *     batchSize: 500                           # 1 to 10000
 *     batchWindow: 0s                          # up to 5m
 *     parallelizationFactor: 1                 # batches of a shard in work
 *     maxPayload: 6MiB                         # of one call
 *     lambdaCompatible: false                  # a batch function by Lambda's rules; then also
 *                                              # bisectBatchOnFunctionError, payloadInLetters,
 *                                              # reportBatchItemFailures, refuseUnknownKeys
 *   - {name: orders, handler: com.acme.Handler::handleRequest, stream: orders}   # LambdaSettings
 * }</pre>
 *
 * <p>What the file does not say of a function is as its {@code spec()} has it.
 *
 * <p>Paths are relative to the file.
 *
 * @param application 1 to 64 letters, digits, {@code .}, {@code _} and {@code -}, a letter or digit
 *     first
 * @param worker empty when the runtime shall choose
 * @param deployment the same for all workers that run the same code; empty when not given
 * @param createStreams whether a worker makes a stream through which a function is keyed
 * @param stuckThreads how many that heed no interrupt are borne with
 * @param metrics empty when nobody is to see any
 * @param memoryBytes bound of the records that are read and not finished
 */
public record Settings(
    String application,
    Optional<String> worker,
    Optional<String> deployment,
    Aws aws,
    Leases leases,
    boolean createStreams,
    Retrieval retrieval,
    WorkerSettings.Watch watchdog,
    int stuckThreads,
    long memoryBytes,
    Duration stopWithin,
    DeadLetters deadLetters,
    Redaction redaction,
    Optional<Metrics> metrics,
    List<Path> classpath,
    List<NamedClass> modules,
    List<NamedFunction> functions,
    List<LambdaSettings> lambdas) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern DEPLOYMENT = Pattern.compile("[A-Za-z0-9._:/+-]{1,64}");
  private static final Pattern TABLE = Pattern.compile("[A-Za-z0-9._-]{3,255}");
  private static final String ON_DEMAND = "onDemand";
  private static final Pattern CREATED = Pattern.compile("onDemand|never");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9:.%-]{1,255}");
  private static final Pattern TRUE_OR_FALSE = Pattern.compile("true|false");

  /** Where exporters of OpenTelemetry have theirs. */
  private static final int METRICS_PORT = 9464;

  private static final long MEMORY_DEFAULT = 256L << 20;
  private static final int STUCK_THREADS_DEFAULT = 16;
  private static final long FILE_BYTES_MAX = 1 << 20;

  public Settings {
    classpath = List.copyOf(classpath);
    modules = List.copyOf(modules);
    functions = List.copyOf(functions);
    lambdas = List.copyOf(lambdas);
  }

  /** Where AWS is; empty means what the SDK finds by itself. */
  public record Aws(
      Optional<String> region,
      Optional<URI> kinesisEndpoint,
      Optional<URI> dynamoDbEndpoint,
      Optional<URI> sqsEndpoint,
      Optional<URI> s3Endpoint) {}

  /**
   * How workers share shards.
   *
   * @param createTable whether a worker makes the table where there is none
   * @param leaseTime 1 s to 5 min; how long a silent worker keeps its shards
   * @param capacity a power of two up to 64; a worker of 2 takes twice as much as one of 1
   */
  public record Leases(String table, boolean createTable, Duration leaseTime, int capacity) {}

  /**
   * Where metrics are shown.
   *
   * @param port 0 for a free one
   * @param shards whether each shard has a meter of its own
   */
  public record Metrics(String host, int port, boolean shards) {}

  /** A class named in the file, with the place for complaints. */
  public record NamedClass(String name, String place) {}

  /**
   * A function named in the file, enabled.
   *
   * @param name of the class
   * @param place for complaints
   * @param options what the file says beside the class
   */
  public record NamedFunction(String name, String place, FunctionOptions options) {
    /** The class alone. */
    public NamedClass type() {
      return new NamedClass(name, place);
    }
  }

  /**
   * Reads a file with the process's environment.
   *
   * @throws SettingsException one sentence with file, line, key and what is allowed
   */
  public static Settings read(Path file) {
    return read(file, System::getenv);
  }

  static Settings read(Path file, Function<String, @Nullable String> environment) {
    var folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new SettingsException(file + ": is not a file");
    }
    var name = String.valueOf(file);
    var root =
        Section.root(
            name, YamlReader.read(name, textOf(file)), new Substitution(environment, folder));
    return read(root, folder);
  }

  private static Settings read(Section root, Path folder) {
    var application = root.required("application", "a name for the fleet, such as payments");
    refuseUnlessName(root, "application", application);
    var worker = root.text("worker");
    worker.ifPresent(name -> refuseUnlessName(root, "worker", name));
    var deployment = root.text("deployment");
    deployment.ifPresent(id -> refuseUnlessDeployment(root, id));
    var aws = aws(root.section("aws"));
    var leases = leases(root.section("leases"));
    boolean createStreams =
        root.matching("createStreams", ON_DEMAND, CREATED, "onDemand or never").equals(ON_DEMAND);
    var retrieval = retrieval(root);
    var watch = root.section("watchdog");
    var watchdog = watchdog(watch);
    int stuckThreads = watch.number("stuckThreads", STUCK_THREADS_DEFAULT, 0, 1_000);
    watch.done();
    var memory = root.bytes("memory", MEMORY_DEFAULT, 16L << 20, 1L << 40);
    var stopWithin =
        root.duration(
            "stopWithin", Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofMinutes(15));
    var deadLetters = deadLetters(root, folder);
    var redaction = redaction(root);
    var metrics = metrics(root);
    var classpath = paths(root, folder);
    var modules =
        root.texts("modules").stream()
            .map(text -> new NamedClass(text, root.place("modules")))
            .toList();
    var named = root.sections("functions");
    var functions = new ArrayList<NamedFunction>();
    var lambdas = new ArrayList<LambdaSettings>();
    for (var section : named) {
      if (section.has("handler")) {
        LambdaSettings.read(section, folder).ifPresent(lambdas::add);
      } else {
        function(section).ifPresent(functions::add);
      }
    }
    root.done();
    if (functions.isEmpty() && modules.isEmpty() && lambdas.isEmpty()) {
      throw root.complaint(
          "functions",
          named.isEmpty()
              ? "names no function; list classes with a static method spec(), handlers, or modules"
              : "has none that is enabled; nothing would be run");
    }
    return new Settings(
        application,
        worker,
        deployment,
        aws,
        leases,
        createStreams,
        retrieval,
        watchdog,
        stuckThreads,
        memory,
        stopWithin,
        deadLetters,
        redaction,
        metrics,
        classpath,
        modules,
        functions,
        lambdas);
  }

  private static DeadLetters deadLetters(Section root, Path folder) {
    var large = root.text("largeLetters");
    String key = "deadLetters";
    try {
      var sink = DeadLetters.parse(root.text(key, "dead-letters"), folder);
      key = "largeLetters";
      if (large.isEmpty()) {
        return sink;
      }
      if (sink instanceof DeadLetters.InQueue queue
          && DeadLetters.parse(large.get(), folder) instanceof DeadLetters.InBucket bucket) {
        return queue.spillingTo(bucket);
      }
    } catch (IllegalArgumentException wrong) {
      throw root.complaint(key, String.valueOf(wrong.getMessage()));
    }
    throw root.complaint(key, "must be s3://BUCKET/PREFIX, and is for deadLetters in a queue only");
  }

  private static Redaction redaction(Section root) {
    var pointers = root.texts("redact");
    try {
      return pointers.isEmpty() ? Redaction.NONE : JsonRedaction.of(pointers);
    } catch (IllegalArgumentException wrong) {
      throw root.complaint("redact", String.valueOf(wrong.getMessage()));
    }
  }

  private static void refuseUnlessName(Section section, String key, String name) {
    if (!NAME.matcher(name).matches()) {
      throw section.complaint(
          key,
          "must be 1 to 64 letters, digits, '.', '_' and '-', and begin with a letter or digit");
    }
  }

  private static void refuseUnlessDeployment(Section root, String id) {
    if (!DEPLOYMENT.matcher(id).matches()) {
      throw root.complaint(
          "deployment", "must be 1 to 64 letters, digits, '.', '_', ':', '/', '+' and '-'");
    }
  }

  private static Aws aws(Section section) {
    var region = section.text("region");
    if (region.isPresent() && !region.get().matches("[a-z]{2}(-[a-z]+)+-\\d")) {
      throw section.complaint("region", "must be an AWS region such as eu-west-1");
    }
    var aws =
        new Aws(
            region,
            section.endpoint("kinesisEndpoint"),
            section.endpoint("dynamoDbEndpoint"),
            section.endpoint("sqsEndpoint"),
            section.endpoint("s3Endpoint"));
    section.done();
    return aws;
  }

  private static Leases leases(Section section) {
    var leases =
        new Leases(
            section.matching(
                "table",
                "headrace",
                TABLE,
                "a DynamoDB table name: 3 to 255 letters, digits, '.', '_' and '-'"),
            section
                .matching("createTable", ON_DEMAND, CREATED, "onDemand or never")
                .equals(ON_DEMAND),
            section.duration(
                "leaseTime", Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofMinutes(5)),
            section.number("capacity", 1, 1, 64));
    if (Integer.bitCount(leases.capacity()) != 1) {
      throw section.complaint("capacity", "must be 1, 2, 4, 8, 16, 32 or 64");
    }
    section.done();
    return leases;
  }

  private static Optional<Metrics> metrics(Section root) {
    boolean wanted = root.has("metrics");
    var section = root.section("metrics");
    var metrics =
        new Metrics(
            section.matching("host", "127.0.0.1", HOST, "an address of this machine"),
            section.number("port", METRICS_PORT, 0, 65_535),
            section.matching("shards", "false", TRUE_OR_FALSE, "true or false").equals("true"));
    section.done();
    return wanted ? Optional.of(metrics) : Optional.empty();
  }

  private static WorkerSettings.Watch watchdog(Section section) {
    var usual = WorkerSettings.Watch.DEFAULT;
    return new WorkerSettings.Watch(
        section.duration("after", usual.patience(), Duration.ofSeconds(1), Duration.ofHours(24)),
        section.number("restarts", usual.restartsMax(), 0, 100));
  }

  private static Retrieval retrieval(Section root) {
    var word = root.text("retrieval", Retrieval.fanOut().word());
    var consumer = root.text("consumer");
    String key = "retrieval";
    try {
      var retrieval = Retrieval.parse(word);
      key = "consumer";
      if (consumer.isEmpty()) {
        return retrieval;
      }
      if (retrieval instanceof Retrieval.FanOut fanOut) {
        return fanOut.as(consumer.get());
      }
    } catch (IllegalArgumentException wrong) {
      throw root.complaint(key, String.valueOf(wrong.getMessage()));
    }
    throw root.complaint(key, "is for retrieval: fan-out; take it out, or poll no more");
  }

  /** What is not keeps its progress, and goes on from there later. */
  static boolean isEnabled(Section section) {
    var enabled = section.text("enabled", "true");
    if (!enabled.equals("true") && !enabled.equals("false")) {
      throw section.complaint("enabled", "must be true or false");
    }
    return enabled.equals("true");
  }

  /** Empty when it is not enabled. */
  private static Optional<NamedFunction> function(Section section) {
    var name =
        section.required(
            "class", "a class with a static method spec(); or give handler, name and stream");
    boolean enabled = isEnabled(section);
    var named = new NamedFunction(name, section.place("class"), FunctionKeys.read(section));
    section.done();
    return enabled ? Optional.of(named) : Optional.empty();
  }

  /** What {@code classpath} lists. */
  static List<Path> paths(Section section, Path folder) {
    return section.texts("classpath").stream()
        .map(
            text -> {
              var path = folder.resolve(text);
              if (!Files.exists(path)) {
                throw section.complaint("classpath", text + " does not exist beside the file");
              }
              return path;
            })
        .toList();
  }

  private static String textOf(Path file) {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new SettingsException(file + ": is larger than " + FILE_BYTES_MAX + " bytes");
      }
      return Files.readString(file);
    } catch (IOException unreadable) {
      throw new SettingsException(
          file + ": can't be read; give the path of a YAML file", unreadable);
    }
  }
}
