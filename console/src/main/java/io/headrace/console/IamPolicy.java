package io.headrace.console;

import io.headrace.function.DeadLetters;
import io.headrace.function.FunctionSpec;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.kinesis.Retrieval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The least rights on AWS that a worker of one configuration needs. Pure. */
final class IamPolicy {
  /** Stands in ARNs for what the configuration does not say. */
  static final String ACCOUNT = "ACCOUNT";

  static final String REGION = "REGION";

  /** What has gone is deleted after thirty lease times, and spent orders when there are many. */
  static final String SWEEPS = "dynamodb:DeleteItem";

  /** Tells a stream that has all the consumers it may have from calls that come too fast. */
  static final String COUNTS_CONSUMERS = "kinesis:ListStreamConsumers";

  /** A dead letter is entered together with a check of who may: a part of its transaction. */
  static final String FENCES_LETTERS = "dynamodb:ConditionCheckItem";

  /** Whoever ends a shard writes a transaction of updates, for which UpdateItem is enough. */
  private static final List<String> TABLE_ACTIONS =
      List.of(
          "dynamodb:DescribeTable",
          "dynamodb:GetItem",
          "dynamodb:Query",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
          FENCES_LETTERS,
          SWEEPS);

  private final Settings settings;
  private final List<FunctionSpec<?, ?>> functions;

  IamPolicy(Settings settings, List<FunctionSpec<?, ?>> functions) {
    this.settings = settings;
    this.functions = functions;
  }

  /** As JSON would have it. */
  Map<String, Object> document() {
    var statements = new ArrayList<Map<String, Object>>();
    var read = new TreeSet<String>();
    var written = new TreeSet<String>();
    var through = new TreeSet<String>();
    for (var function : functions) {
      function.inputs().forEach(input -> read.add(input.source().name()));
      function.throughStream().ifPresent(stream -> through.add(stream.name()));
      written.addAll(function.streamsWritten());
    }
    read.addAll(through);
    var sinks = sinks();
    sinks.forEach(
        sink -> {
          if (sink instanceof DeadLetters.ToStream stream) {
            written.add(stream.name());
          }
        });
    var shared = read.stream().map(this::stream).toList();
    functions.forEach(
        function -> function.broadcasts().forEach(each -> read.add(each.source().name())));
    var streams = read.stream().map(this::stream).toList();
    statements.add(
        statement(
            "ReadStreams",
            List.of(
                "kinesis:DescribeStreamSummary",
                "kinesis:ListShards",
                "kinesis:GetShardIterator",
                "kinesis:GetRecords"),
            streams));
    if (settings.retrieval() instanceof Retrieval.FanOut fanOut) {
      // What each worker reads whole is polled.
      statements.addAll(fanOut(fanOut, shared));
    }
    if (!written.isEmpty()) {
      statements.add(
          statement(
              "WriteStreams",
              List.of("kinesis:PutRecords"),
              written.stream().map(this::stream).toList()));
    }
    if (!through.isEmpty() && settings.createStreams()) {
      statements.add(
          statement(
              "CreateStreams",
              List.of("kinesis:CreateStream"),
              through.stream().map(this::stream).toList()));
    }
    statements.addAll(letters(sinks));
    statements.add(statement("Table", TABLE_ACTIONS, List.of(table())));
    if (settings.leases().createTable()) {
      statements.add(statement("CreateTable", List.of("dynamodb:CreateTable"), List.of(table())));
    }
    var document = new LinkedHashMap<String, Object>();
    document.put("Version", "2012-10-17");
    document.put("Statement", statements);
    return document;
  }

  /** Where letters go: those of functions that don't say it, where the file does. */
  private Set<DeadLetters> sinks() {
    var sinks = new LinkedHashSet<DeadLetters>();
    functions.forEach(function -> sinks.add(function.deadLetters().orElse(settings.deadLetters())));
    return sinks;
  }

  private List<Map<String, Object>> letters(Set<DeadLetters> sinks) {
    var queues = new TreeSet<String>();
    var buckets = new TreeSet<String>();
    for (var sink : sinks) {
      if (sink instanceof DeadLetters.InQueue queue) {
        queues.add(queue(queue));
        queue.spill().ifPresent(spill -> buckets.add(objects(spill)));
      } else if (sink instanceof DeadLetters.InBucket bucket) {
        buckets.add(objects(bucket));
      }
    }
    var statements = new ArrayList<Map<String, Object>>();
    if (!queues.isEmpty()) {
      statements.add(
          statement(
              "LettersInQueues",
              List.of("sqs:GetQueueAttributes", "sqs:SendMessage"),
              List.copyOf(queues)));
    }
    if (!buckets.isEmpty()) {
      statements.add(statement("LettersInBuckets", List.of("s3:PutObject"), List.copyOf(buckets)));
    }
    return statements;
  }

  /** The path of a queue's address is its account and its name. */
  private String queue(DeadLetters.InQueue queue) {
    return "arn:aws:sqs:" + region() + queue.url().getPath().replace('/', ':');
  }

  private static String objects(DeadLetters.InBucket bucket) {
    var prefix = bucket.prefix().isEmpty() ? "" : bucket.prefix() + "/";
    return "arn:aws:s3:::" + bucket.bucket() + "/" + prefix + "*";
  }

  /** A consumer that is named by its ARN is registered by somebody else. */
  private List<Map<String, Object>> fanOut(Retrieval.FanOut fanOut, List<String> streams) {
    var name = fanOut.consumer().orElse(settings.application());
    boolean foreign = name.startsWith("arn:");
    var consumers =
        foreign
            ? List.of(name)
            : streams.stream().map(stream -> stream + "/consumer/" + name + ":*").toList();
    var statements = new ArrayList<Map<String, Object>>();
    if (!foreign) {
      statements.add(
          statement(
              "RegisterConsumer",
              List.of("kinesis:RegisterStreamConsumer", COUNTS_CONSUMERS),
              streams));
    }
    var described = new ArrayList<>(foreign ? List.<String>of() : streams);
    described.addAll(consumers);
    statements.add(
        statement("DescribeConsumer", List.of("kinesis:DescribeStreamConsumer"), described));
    statements.add(statement("Subscribe", List.of("kinesis:SubscribeToShard"), consumers));
    return statements;
  }

  private String stream(String name) {
    return "arn:aws:kinesis:" + region() + ":" + ACCOUNT + ":stream/" + name;
  }

  private String table() {
    return "arn:aws:dynamodb:" + region() + ":" + ACCOUNT + ":table/" + settings.leases().table();
  }

  private String region() {
    return settings.aws().region().orElse(REGION);
  }

  private static Map<String, Object> statement(
      String name, List<String> actions, List<String> resources) {
    var statement = new LinkedHashMap<String, Object>();
    statement.put("Sid", name);
    statement.put("Effect", "Allow");
    statement.put("Action", actions);
    statement.put("Resource", resources);
    return statement;
  }
}
