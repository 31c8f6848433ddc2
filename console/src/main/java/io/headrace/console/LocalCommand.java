package io.headrace.console;

import io.headrace.console.TlsOptions.TrustFiles;
import io.headrace.harness.LocalDynamoDb;
import io.headrace.kcl.loop.ShutdownSignal;
import io.headrace.local.LocalKinesis;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Only the embedded servers, for any AWS SDK: runs until it is stopped. */
@Command(
    name = "local",
    mixinStandardHelpOptions = true,
    description = "Starts a local Kinesis and DynamoDB Local, for any AWS SDK, until Ctrl-C.")
final class LocalCommand implements Callable<Integer> {
  private static final Pattern STREAM = Pattern.compile("([a-zA-Z0-9_.-]{1,128}):(\\d{1,4})");
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,64}");
  private static final Duration STOP_MAX = Duration.ofSeconds(3);

  @Option(
      names = "--kinesis-port",
      paramLabel = "PORT",
      description = "Port of the local Kinesis (default: a free one).")
  private int kinesisPort;

  @Option(
      names = "--dynamodb-port",
      paramLabel = "PORT",
      description = "Port of DynamoDB Local (default: a free one).")
  private int dynamoDbPort;

  @Option(
      names = "--create",
      paramLabel = "NAME:SHARDS",
      description = "Creates a stream, unless --data has it already; may be given several times.")
  private List<String> streams = new ArrayList<>();

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description = "Where --create creates streams (default: ${DEFAULT-VALUE}).")
  private String region = "us-east-1";

  @Mixin private DataOptions data = new DataOptions();

  @Mixin private TlsOptions tls = new TlsOptions();

  @Mixin private BehaviourOptions behaviour = new BehaviourOptions();

  @Option(names = "--json", description = "The endpoints as one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    var wanted = wanted();
    if (!REGION.matcher(region).matches()) {
      throw new Complaint("--region \"" + region + "\": must be a region's name, as eu-west-1");
    }
    portIsPossible("--kinesis-port", kinesisPort);
    portIsPossible("--dynamodb-port", dynamoDbPort);
    try (var signal = ShutdownSignal.listening(STOP_MAX);
        var kinesis = kinesis();
        var trust = trust(kinesis);
        var dynamoDb = LocalDynamoDb.start(dynamoDbPort)) {
      wanted.replaceAll((name, shards) -> create(kinesis, name, shards));
      print(kinesis, dynamoDb, trust, wanted);
      signal.await();
    }
    return 0;
  }

  private LocalKinesis kinesis() {
    var builder =
        data.apply(behaviour.apply(LocalKinesis.builder().port(kinesisPort).region(region)));
    var wanted = tls.wanted();
    return (wanted == null ? builder : builder.tls(wanted)).start();
  }

  /** How many shards the stream has then: one that was kept stays as it is. */
  private static int create(LocalKinesis kinesis, String name, int shards) {
    try {
      var kept = kinesis.openShards(name);
      if (kept.isPresent()) {
        return kept.getAsInt();
      }
      kinesis.createStream(name, shards);
      return shards;
    } catch (IllegalStateException | IllegalArgumentException e) {
      throw new Complaint("--create \"" + name + "\": " + e.getMessage(), e);
    }
  }

  private @Nullable TrustFiles trust(LocalKinesis kinesis) {
    return kinesis.endpoint().getScheme().equals("https") ? tls.write(kinesis) : null;
  }

  private void print(
      LocalKinesis kinesis,
      LocalDynamoDb dynamoDb,
      @Nullable TrustFiles trust,
      Map<String, Integer> streams) {
    if (spec == null) {
      return;
    }
    var out = spec.commandLine().getOut();
    if (json) {
      var line = new LinkedHashMap<String, Object>();
      line.put("kinesis", kinesis.endpoint().toString());
      line.put("dynamoDb", dynamoDb.endpoint().toString());
      if (trust != null) {
        line.put("certificate", trust.certificate().toString());
        line.put("trustStore", trust.trustStore().toString());
      }
      line.put("streams", streams);
      out.println(JsonLine.of(line));
    } else {
      out.println("Kinesis    " + kinesis.endpoint());
      out.println("DynamoDB   " + dynamoDb.endpoint());
      out.println("health     " + kinesis.endpoint() + "/_headrace/health");
      streams.forEach((name, shards) -> out.println("stream     " + name + ", shards: " + shards));
      behaviour.print(out, kinesis);
      out.println();
      out.println(
          behaviour.isStrict()
              ? "Any AWS SDK or the AWS CLI, with the credentials of this environment:"
              : "Any AWS SDK or the AWS CLI, with any credentials:");
      out.println("  export AWS_ENDPOINT_URL_KINESIS=" + kinesis.endpoint());
      out.println("  export AWS_ENDPOINT_URL_DYNAMODB=" + dynamoDb.endpoint());
      // Python's SDK knows the second name only, the others the first.
      out.println(
          "  export AWS_REGION=%s AWS_DEFAULT_REGION=%s".formatted(region, region)
              + (behaviour.isStrict() ? "" : " AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"));
      if (trust != null) {
        printTrust(out, trust);
      }
      out.println();
      out.println(data.sentence());
    }
    out.flush();
  }

  private static void printTrust(PrintWriter out, TrustFiles trust) {
    out.println();
    out.println("Over TLS a client must trust this server; the same port speaks http too:");
    out.println("  export AWS_CA_BUNDLE=" + trust.certificate() + "  # AWS CLI, Python, Go");
    out.println("  export NODE_EXTRA_CA_CERTS=" + trust.certificate() + "  # JavaScript");
    out.println(
        "  export JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=" + trust.trustStore() + "  # Java");
  }

  private Map<String, Integer> wanted() {
    var wanted = new LinkedHashMap<String, Integer>();
    for (var text : streams) {
      var matcher = STREAM.matcher(text);
      if (!matcher.matches() || Integer.parseInt(matcher.group(2)) < 1) {
        throw new Complaint(
            "--create \"" + text + "\": must be a stream's name and its shards, as orders:4");
      }
      if (wanted.put(matcher.group(1), Integer.parseInt(matcher.group(2))) != null) {
        throw new Complaint("--create \"" + text + "\": the stream is named twice");
      }
    }
    return wanted;
  }

  private static void portIsPossible(String option, int port) {
    if (port < 0 || port > 65_535) {
      throw new Complaint(option + " " + port + ": must be between 0 and 65535, 0 is a free one");
    }
  }
}
