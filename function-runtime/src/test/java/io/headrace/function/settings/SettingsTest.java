package io.headrace.function.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.DeadLetters;
import io.headrace.function.EventSourceMapping;
import io.headrace.function.FunctionOptions;
import io.headrace.function.InvocationThreads;
import io.headrace.function.KeyParking;
import io.headrace.kcl.Start;
import io.headrace.kcl.WorkerSettings;
import io.headrace.kcl.kinesis.Retrieval;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  private static final String SMALLEST =
      """
      application: payments
      functions:
        - class: com.acme.Alarm
      """;

  @TempDir Path folder;
  private final Map<String, String> environment = new HashMap<>();

  @Test
  void the_smallest_file_gets_every_default() throws IOException {
    var settings = read(SMALLEST);

    assertThat(settings.application()).isEqualTo("payments");
    assertThat(settings.worker()).isEmpty();
    assertThat(settings.aws().region()).isEmpty();
    assertThat(settings.leases())
        .isEqualTo(new Settings.Leases("headrace", true, Duration.ofSeconds(10), 1));
    assertThat(settings.retrieval()).isEqualTo(Retrieval.fanOut());
    assertThat(settings.watchdog()).isEqualTo(WorkerSettings.Watch.DEFAULT);
    assertThat(settings.memoryBytes()).isEqualTo(256L << 20);
    assertThat(settings.stopWithin()).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.functions()).extracting("name").containsExactly("com.acme.Alarm");
  }

  @Test
  void metrics_are_shown_on_loopback_where_the_file_asks_for_them() throws IOException {
    assertThat(read(SMALLEST).metrics()).isEmpty();
    assertThat(read(SMALLEST + "metrics: {}\n").metrics())
        .contains(new Settings.Metrics("127.0.0.1", 9464, false));
    assertThat(read(SMALLEST + "metrics: {port: 0, host: 0.0.0.0, shards: true}\n").metrics())
        .contains(new Settings.Metrics("0.0.0.0", 0, true));
    assertThatThrownBy(() -> read(SMALLEST + "metrics: {port: 65536}\n"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("metrics.port: must be a whole number between 0 and 65535");
    assertThatThrownBy(() -> read(SMALLEST + "metrics: {shards: some}\n"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("metrics.shards: must be true or false");
    assertThatThrownBy(() -> read(SMALLEST + "metrics: {prot: 1}\n"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("prot");
  }

  @Test
  void one_word_turns_to_polling_and_one_names_the_consumer() throws IOException {
    assertThat(read("retrieval: polling\n" + SMALLEST).retrieval()).isEqualTo(Retrieval.polling());
    assertThat(read("consumer: billing\n" + SMALLEST).retrieval())
        .isEqualTo(Retrieval.fanOut().as("billing"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "retrieval: push | app.yaml:1: retrieval: retrieval \"push\": must be fan-out or polling",
        "consumer: a/b | app.yaml:1: consumer: consumer \"a/b\": must be 1 to 128 letters",
        "consumer: arn:aws:kinesis:x | app.yaml:1: consumer: consumer \"arn:aws:kinesis:x\": an"
            + " ARN",
      })
  void a_wrong_retrieval_is_told_with_its_place(String line, String complaint) {
    assertThatThrownBy(() -> read(line + "\n" + SMALLEST)).hasMessageContaining(complaint);
  }

  @Test
  void a_consumer_without_fan_out_is_refused() {
    assertThatThrownBy(() -> read("retrieval: polling\nconsumer: billing\n" + SMALLEST))
        .hasMessageContaining("app.yaml:2: consumer: is for retrieval: fan-out");
  }

  @Test
  void every_key_is_read() throws IOException {
    Files.createFile(folder.resolve("app.jar"));
    var settings =
        read(
            """
            application: payments
            worker: w-1
            deployment: v1.2
            aws:
              region: eu-west-1
              kinesisEndpoint: http://127.0.0.1:4567
              dynamoDbEndpoint: https://db.example:8000
            leases:
              table: fleet
              leaseTime: 1500ms
              capacity: 4
            watchdog: {after: 2m, restarts: 0}
            memory: 1GiB
            stopWithin: 5s
            deadLetters: letters
            classpath: [app.jar]
            modules: [com.acme.Module]
            """);

    assertThat(settings.worker()).contains("w-1");
    assertThat(settings.deployment()).contains("v1.2");
    assertThat(settings.aws().region()).contains("eu-west-1");
    assertThat(settings.aws().kinesisEndpoint()).contains(URI.create("http://127.0.0.1:4567"));
    assertThat(settings.aws().dynamoDbEndpoint()).contains(URI.create("https://db.example:8000"));
    assertThat(settings.leases())
        .isEqualTo(new Settings.Leases("fleet", true, Duration.ofMillis(1500), 4));
    assertThat(settings.watchdog()).isEqualTo(new WorkerSettings.Watch(Duration.ofMinutes(2), 0));
    assertThat(settings.memoryBytes()).isEqualTo(1L << 30);
    assertThat(settings.stopWithin()).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.deadLetters()).isEqualTo(DeadLetters.inFile(folder.resolve("letters")));
    assertThat(settings.classpath()).containsExactly(folder.resolve("app.jar"));
    assertThat(settings.modules()).extracting("name").containsExactly("com.acme.Module");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "aplication: x | app.yaml:4: aplication: there is no such key; allowed here: application,",
        "leases: {tabel: x} | app.yaml:4: leases.tabel: there is no such key; allowed here: table,",
        "leases: {leaseTime: 10} | app.yaml:4: leases.leaseTime: must be between 1s and 5m",
        "leases: {capacity: 3} | app.yaml:4: leases.capacity: must be 1, 2, 4, 8, 16, 32 or 64",
        "deployment: 'a b' | app.yaml:4: deployment: must be 1 to 64 letters, digits",
        "leases: {leaseTime: 10h} | found \"10h\"",
        "leases: {table: 'a b'} | app.yaml:4: leases.table: must be a DynamoDB table name",
        "createStreams: yes | app.yaml:4: createStreams: must be onDemand or never",
        "leases: {createTable: no} | app.yaml:4: leases.createTable: must be onDemand or never",
        "leases: [1] | app.yaml:4: leases: must be a mapping, found a list",
        "watchdog: {after: 1ms} | app.yaml:4: watchdog.after: must be between 1s and",
        "watchdog: {restarts: many} | app.yaml:4: watchdog.restarts: must be",
        "watchdog: {often: 3} | app.yaml:4: watchdog.often: there is no such key; allowed here:"
            + " after,",
        "watchdog: {stuckThreads: 2000} | watchdog.stuckThreads: must be a whole number between 0"
            + " and 1000",
        "memory: 5 | app.yaml:4: memory: must be between 16MiB and",
        "memory: 1MiB | found \"1MiB\"",
        "stopWithin: {} | app.yaml:4: stopWithin: must be a single value, found a mapping",
        "aws: {region: Mars} | app.yaml:4: aws.region: must be an AWS region such as eu-west-1",
        "aws: {kinesisEndpoint: 'localhost:1'} | must be an address such as https://host:port",
        "classpath: [none.jar] | app.yaml:4: classpath: none.jar does not exist",
        "classpath: none.jar | app.yaml:4: classpath: must be a list, found a single value",
        "worker: 'a#b' | app.yaml:4: worker: must be 1 to 64 letters",
        "worker: ${env:ABSENT} | app.yaml:4: worker: the environment variable ABSENT is not set",
        "worker: ${envv:X} | app.yaml:4: worker: a reference must be ${env:NAME}",
        "worker: ${file:absent} | app.yaml:4: worker: the file absent can't be read",
        "worker: -w | app.yaml:4: worker: must be 1 to 64 letters, digits",
        "application: y | app.yaml:4: ",
        "x: [ | app.yaml:",
        "worker: *a | app.yaml:4: ",
      })
  void a_wrong_key_or_value_names_file_line_key_and_what_is_allowed(String line, String message) {
    assertThatThrownBy(() -> read(SMALLEST + line + "\n"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining(message);
  }

  @Test
  void a_function_is_as_its_specification_has_it_unless_the_file_says_otherwise()
      throws IOException {
    assertThat(read(SMALLEST).functions().get(0).options()).isEqualTo(FunctionOptions.NONE);
    var options =
        read(SMALLEST
                + """
                    startingPosition: 2026-01-01T00:00:00Z
                    timeout: 30s
                    inFlight: 64
                    threads: 12
                    virtualThreads: never
                    retries: 5
                    recordAge: 1h
                    backOff: {first: 200ms, longest: 2m}
                    pauseAbove: {share: 0.25, ofLast: 40}
                    parking: {after: 5s, records: 10, size: 2MiB, keysMax: 8, sizeMax: 64MiB}
                    batchSize: 50
                    batchWindow: 5s
                    parallelizationFactor: 3
                    maxPayload: 4MiB
                    unavailableOn: [java.net.ConnectException]
                    committingWithin: 250ms
                """)
            .functions()
            .get(0)
            .options();
    assertThat(options)
        .isEqualTo(
            new FunctionOptions(
                Optional.of(Start.at(Instant.parse("2026-01-01T00:00:00Z"))),
                Optional.empty(),
                new FunctionOptions.Batching(
                    Optional.of(50),
                    Optional.of(Duration.ofSeconds(5)),
                    Optional.of(3),
                    Optional.of(4L << 20)),
                new FunctionOptions.Retrying(
                    Optional.of(5),
                    Optional.of(Duration.ofHours(1)),
                    Optional.of(
                        new FunctionOptions.BackOff(Duration.ofMillis(200), Duration.ofMinutes(2))),
                    Optional.of(new FunctionOptions.PauseAbove(0.25, 40)),
                    Optional.of(
                        new FunctionOptions.Parking(
                            Optional.of(
                                new KeyParking(Duration.ofSeconds(5), 10, 2 << 20, 8, 64 << 20)))),
                    FunctionOptions.Outages.named(List.of("java.net.ConnectException"))),
                Optional.of(Duration.ofSeconds(30)),
                Optional.of(64),
                new FunctionOptions.Threads(
                    Optional.of(12), Optional.of(InvocationThreads.Kind.PLATFORM)),
                Optional.of(Duration.ofMillis(250))));
  }

  @Test
  void a_function_is_to_others_what_the_file_says() throws IOException {
    var options =
        read(SMALLEST
                + """
                    migratesFrom: [former, first]
                    beginningAnew: true
                    shadow: out/shadow.ndjson
                """)
            .functions()
            .get(0)
            .options();

    assertThat(options.standing())
        .isEqualTo(
            new FunctionOptions.Standing(
                List.of("former", "first"), true, Optional.of(Path.of("out/shadow.ndjson"))));
  }

  @Test
  void parking_of_keys_may_be_switched_off() throws IOException {
    var options = read(SMALLEST + "    parking: {enabled: false}\n").functions().get(0).options();

    assertThat(options.retrying().parking())
        .contains(new FunctionOptions.Parking(Optional.empty()));
    assertThatThrownBy(() -> read(SMALLEST + "    parking: {enabled: false, records: 3}\n"))
        .hasMessageContaining("parking.records: says nothing while enabled is false");
  }

  @Test
  void a_function_runs_by_lambdas_rules_where_the_file_says_so() throws IOException {
    var options =
        read(SMALLEST
                + """
                    lambdaCompatible: true
                    reportBatchItemFailures: true
                    retries: forever
                """)
            .functions()
            .get(0)
            .options();
    assertThat(options.retrying().retries()).contains(EventSourceMapping.UNLIMITED);
    assertThat(options.lambda())
        .hasValueSatisfying(
            mapping -> {
              assertThat(mapping.reportsBatchItemFailures()).isTrue();
              assertThat(mapping.bisectsBatchOnFunctionError()).isFalse();
            });
  }

  @Test
  void a_function_that_is_not_enabled_is_not_run() throws IOException {
    var settings = read(SMALLEST + "  - class: com.acme.Other\n    enabled: false\n");
    assertThat(settings.functions()).extracting("name").containsExactly("com.acme.Alarm");
    assertThatThrownBy(() -> read(SMALLEST + "    enabled: false\n"))
        .hasMessageContaining("functions: has none that is enabled");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "batchSize: 0 | app.yaml:4: functions[0].batchSize: must be a whole number between 1 and",
        "batchWindow: 6m | app.yaml:4: functions[0].batchWindow: must be between 0s and 5m",
        "retries: -1 | app.yaml:4: functions[0].retries: must be a whole number between 0 and"
            + " 10000",
        "maxPayload: 1KiB | app.yaml:4: functions[0].maxPayload: must be between 1MiB and 1024MiB",
        "enabled: yes please | app.yaml:4: functions[0].enabled: must be true or false",
        "startingPosition: now | app.yaml:4: functions[0].startingPosition: must be trim-horizon",
        "payloadInLetters: true | functions[0].payloadInLetters: is for functions with lambda",
        "backOff: {first: 1s} | functions[0].backOff.longest: is missing; give first and longest",
        "backOff: {first: 2s, longest: 1s} | backOff.longest: must not be shorter than first",
        "pauseAbove: {share: 1, ofLast: 5} | pauseAbove.share: must be at least 0 and below 1",
        "pauseAbove: {ofLast: 5} | pauseAbove.share: is missing; give share and ofLast together",
        "pauseAbove: {above: 5} | functions[0].pauseAbove.above: there is no such key",
        "bisect: true | functions[0].bisect: there is no such key; allowed here: class, enabled",
      })
  void a_wrong_option_of_a_function_names_its_place(String line, String message) {
    assertThatThrownBy(() -> read(SMALLEST + "    " + line + "\n"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "parallelizationFactor: 11 | parallelizationFactor: must be a whole number between 1 and"
            + " 10",
        "recordAge: 59s | recordAge: must be between 1m and 10080m",
        "batchWindow: 1500ms | batchWindow: must be whole seconds",
        "maxPayload: 7MiB | maxPayload: must be between 1MiB and 6MiB",
      })
  void by_lambdas_rules_ranges_are_lambdas(String line, String message) {
    assertThatThrownBy(() -> read(SMALLEST + "    lambdaCompatible: true\n    " + line + "\n"))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining(message);
  }

  @Test
  void what_is_missing_is_named_with_what_it_must_be() {
    assertThatThrownBy(() -> read("worker: w\n"))
        .hasMessageContaining("app.yaml:1: application: is missing; it must be a name");
    assertThatThrownBy(() -> read("application: .a\n"))
        .hasMessageContaining("app.yaml:1: application: must be")
        .hasMessageContaining("begin with a letter or digit");
    assertThatThrownBy(() -> read("application: a\n"))
        .hasMessageContaining("functions: names no function");
    assertThatThrownBy(() -> read("application: a\nfunctions: [{}]\n"))
        .hasMessageContaining("app.yaml:2: functions[0].class: is missing");
    assertThatThrownBy(() -> read(""))
        .hasMessageContaining("app.yaml:1: the file must be a mapping");
    assertThatThrownBy(() -> Settings.read(folder.resolve("absent.yaml")))
        .hasMessageContaining("absent.yaml: can't be read");
  }

  @Test
  void the_environment_and_files_are_put_in() throws IOException {
    environment.put("TABLE", "from-env");
    Files.writeString(folder.resolve("worker.txt"), "from-file\n");

    var settings =
        read(
            SMALLEST
                + """
                worker: ${file:worker.txt}-${env:ABSENT:zero}
                leases: {table: "${env:TABLE}"}
                """);

    assertThat(settings.worker()).contains("from-file-zero");
    assertThat(settings.leases().table()).isEqualTo("from-env");
  }

  @Test
  void a_value_that_came_from_a_reference_is_never_shown() {
    environment.put("SECRET", "hidden value");

    assertThatThrownBy(() -> read(SMALLEST + "leases: {table: \"${env:SECRET}\"}\n"))
        .hasMessageContaining("found \"${env:SECRET}\"")
        .hasMessageNotContaining("hidden value");
  }

  private Settings read(String yaml) throws IOException {
    var file = Files.writeString(folder.resolve("app.yaml"), yaml);
    return Settings.read(file, environment::get);
  }
}
