package io.headrace.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.harness.LocalAws;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;

/** A jar for AWS Lambda, with none of our code in it, under {@code headrace run}. */
class RunHandlerTest {
  /** Appends what it gets to a file; refuses each record that says so once, by its number. */
  private static final String HANDLER =
      """
      package com.acme;

      import com.amazonaws.services.lambda.runtime.Context;
      import com.amazonaws.services.lambda.runtime.RequestHandler;
      import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
      import com.amazonaws.services.lambda.runtime.events.StreamsEventResponse;
      import java.nio.charset.StandardCharsets;
      import java.nio.file.Files;
      import java.nio.file.Path;
      import java.nio.file.StandardOpenOption;
      import java.util.HashSet;
      import java.util.List;
      import java.util.Set;

      public class Orders implements RequestHandler<KinesisEvent, StreamsEventResponse> {
        private static final Set<String> REFUSED = new HashSet<>();

        @Override
        public StreamsEventResponse handleRequest(KinesisEvent event, Context context) {
          for (KinesisEvent.KinesisEventRecord record : event.getRecords()) {
            String text =
                new String(record.getKinesis().getData().array(), StandardCharsets.UTF_8);
            String number = record.getKinesis().getSequenceNumber();
            boolean first;
            synchronized (REFUSED) {
              first = REFUSED.add(number);
            }
            if (text.contains("refused once") && first) {
              context.getLogger().log("refusing " + number);
              return new StreamsEventResponse(
                  List.of(new StreamsEventResponse.BatchItemFailure(number)));
            }
            write(text + " " + context.getFunctionName());
          }
          return new StreamsEventResponse();
        }

        private static synchronized void write(String line) {
          try {
            Files.writeString(
                Path.of("handled.txt"),
                line + "\\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
          } catch (java.io.IOException failed) {
            throw new java.io.UncheckedIOException(failed);
          }
        }
      }
      """;

  /** Counts the records of a window in its state, and writes the count when it ends. */
  private static final String COUNTING =
      """
      package com.acme;

      import com.amazonaws.services.lambda.runtime.Context;
      import com.amazonaws.services.lambda.runtime.RequestHandler;
      import com.amazonaws.services.lambda.runtime.events.KinesisTimeWindowEvent;
      import com.amazonaws.services.lambda.runtime.events.TimeWindowEventResponse;
      import java.nio.file.Files;
      import java.nio.file.Path;
      import java.nio.file.StandardOpenOption;
      import java.util.Map;

      public class Counting
          implements RequestHandler<KinesisTimeWindowEvent, TimeWindowEventResponse> {
        @Override
        public TimeWindowEventResponse handleRequest(KinesisTimeWindowEvent event, Context context) {
          int before = Integer.parseInt(event.getState().getOrDefault("count", "0"));
          String count = Integer.toString(before + event.getRecords().size());
          if (event.getIsFinalInvokeForWindow()) {
            write(count);
          }
          return TimeWindowEventResponse.builder().withState(Map.of("count", count)).build();
        }

        private static synchronized void write(String count) {
          try {
            Files.writeString(
                Path.of("windows.txt"),
                count + "\\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
          } catch (java.io.IOException failed) {
            throw new java.io.UncheckedIOException(failed);
          }
        }
      }
      """;

  /** Throws while a batch holds what is not JSON. */
  private static final String STRICT =
      """
      package com.acme;

      import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
      import java.nio.charset.StandardCharsets;

      public class Strict {
        public void check(KinesisEvent event) {
          for (KinesisEvent.KinesisEventRecord record : event.getRecords()) {
            byte[] bytes = record.getKinesis().getData().array();
            if (!new String(bytes, StandardCharsets.UTF_8).startsWith("{")) {
              throw new IllegalStateException("no JSON");
            }
          }
        }
      }
      """;

  private static final String MORE_FUNCTIONS =
      """
        - handler: com.acme.Counting
          name: counting
          classpath: [orders.jar]
          stream: orders
          tumblingWindow: 1s
        - handler: com.acme.Strict::check
          name: strict
          classpath: [orders.jar]
          stream: orders
          lambdaCompatible: true
          bisectBatchOnFunctionError: true
          payloadInLetters: true
          retries: 1
          backOff: {first: 1ms, longest: 1ms}
      """;

  private static final String REFUSED = ",\"note\":\"refused once\"";
  private static final String METHOD = "com.acme.Orders::handle";

  @TempDir Path folder;

  @Test
  void handlers_that_know_nothing_of_us_run_with_filter_partial_answers_windows_and_bisecting()
      throws IOException, InterruptedException {
    new HandlerJar(folder)
        .source("com.acme.Orders", HANDLER)
        .source("com.acme.Counting", COUNTING)
        .source("com.acme.Strict", STRICT)
        .build("orders.jar");
    try (var aws = LocalAws.start()) {
      aws.createStream("orders", 2);
      var expected = new HashSet<String>();
      for (int i = 0; i < 200; i++) {
        var kind = i % 4 == 0 ? "sell" : "buy";
        var payload = "{\"type\":\"" + kind + "\",\"n\":" + i + (i % 50 == 1 ? REFUSED : "") + "}";
        if (i % 4 != 0) {
          expected.add(payload + " orders");
        }
        put(aws, "key-" + i % 20, payload);
      }
      put(aws, "key-0", "not json");
      var file = yaml(aws, MORE_FUNCTIONS);
      try (var worker = HeadraceProcess.start(folder, "run", file.toString())) {
        assertThat(worker.line()).startsWith("retrieval: polling");
        assertThat(worker.line()).isEqualTo("running shop: 3 functions");
        await(() -> new HashSet<>(lines("handled.txt")).containsAll(expected));
        await(() -> lines("windows.txt").stream().mapToInt(Integer::parseInt).sum() == 201);
        await(() -> !lines("dead-letters/strict.ndjson").isEmpty());
        worker.interrupt();
        assertThat(worker.exitCode()).isEqualTo(130);
      }
      assertThat(new HashSet<>(lines("handled.txt"))).isEqualTo(expected);
      assertThat(lines("dead-letters/strict.ndjson"))
          .singleElement()
          .asString()
          .contains("\"code\":\"RetryAttemptsExhausted\"")
          .contains(Base64.getEncoder().encodeToString("not json".getBytes(UTF_8)));
    }
  }

  @Test
  void check_knows_a_handler_without_connecting_anywhere() throws IOException {
    new HandlerJar(folder).source("com.acme.Orders", HANDLER).build("orders.jar");

    var run = CommandRun.of("check", yaml(null, "").toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("orders reads");
  }

  @Test
  void a_handler_that_can_not_be_called_is_one_sentence_and_exit_code_2() throws IOException {
    new HandlerJar(folder)
        .source("com.acme.Orders", "package com.acme; public abstract class Orders {}")
        .build("orders.jar");

    var run = CommandRun.of("run", yaml(null, "").toString());

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .hasLineCount(1)
        .contains(
            "app.yaml:8: functions[0].handler: handler com.acme.Orders: com.acme.Orders is"
                + " abstract; name a class that can be made");
  }

  @Test
  void a_constructor_that_throws_is_one_sentence_and_nothing_is_read() throws IOException {
    var source =
        """
        package com.acme;
        public class Orders {
          public Orders() { throw new IllegalStateException("TABLE_NAME is not set"); }
          public void handle(java.util.Map<String, Object> event) {}
        }
        """;
    new HandlerJar(folder).source("com.acme.Orders", source).build("orders.jar");

    try (var aws = LocalAws.start()) {
      aws.createStream("orders", 1);
      var file = yaml(aws, "");
      Files.writeString(file, Files.readString(file).replace("com.acme.Orders", METHOD));
      var run = CommandRun.of("run", file.toString());

      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err())
          .hasLineCount(1)
          .contains("handler " + METHOD + ": its constructor threw")
          .contains("TABLE_NAME is not set");
    }
  }

  @Test
  void a_pattern_that_does_not_compile_is_named_with_line_and_column() throws IOException {
    new HandlerJar(folder).source("com.acme.Orders", HANDLER).build("orders.jar");

    var run = CommandRun.of("check", yaml(null, "      - data: {type: [{pref: x}]}\n").toString());

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .hasLineCount(1)
        .containsPattern("app.yaml:15:\\d+: functions\\[0\\].filters\\[1\\]: Unrecognized match");
  }

  private static void await(Callable<Boolean> until) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(until);
  }

  private List<String> lines(String file) throws IOException {
    var path = folder.resolve(file);
    return Files.exists(path) ? Files.readAllLines(path) : List.of();
  }

  private Path yaml(LocalAws aws, String furtherFilters) throws IOException {
    var kinesis = aws == null ? "http://127.0.0.1:1" : aws.kinesisEndpoint().toString();
    var dynamoDb = aws == null ? "http://127.0.0.1:1" : aws.dynamoDbEndpoint().toString();
    return Files.writeString(
        folder.resolve("app.yaml"),
        """
        application: shop
        aws:
          kinesisEndpoint: %s
          dynamoDbEndpoint: %s
        leases: {leaseTime: 2s}
        retrieval: polling
        functions:
          - handler: com.acme.Orders
            name: orders
            classpath: [orders.jar]
            stream: orders
            batchSize: 10
            filters:
              - data: {type: [buy]}
        %s\
        """
            .formatted(kinesis, dynamoDb, furtherFilters));
  }

  private static void put(LocalAws aws, String key, String payload) {
    aws.kinesis()
        .putRecord(
            r -> r.streamName("orders").partitionKey(key).data(SdkBytes.fromString(payload, UTF_8)))
        .join();
  }
}
