package io.headrace.function.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.FilterException;
import io.headrace.function.FunctionOptions;
import io.headrace.function.RecordFilter;
import io.headrace.kcl.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LambdaSettingsTest {
  private static final String SMALLEST =
      """
      application: shop
      functions:
        - name: orders
          handler: com.acme.Orders::handleRequest
          stream: orders
      """;

  @TempDir Path folder;

  @Test
  void the_smallest_handler_gets_every_default() throws IOException {
    var lambda = read(SMALLEST);

    assertThat(lambda.name()).isEqualTo("orders");
    assertThat(lambda.handler()).isEqualTo("com.acme.Orders::handleRequest");
    assertThat(lambda.stream()).isEqualTo("orders");
    assertThat(lambda.classpath()).isEmpty();
    assertThat(lambda.filters()).isEmpty();
    assertThat(lambda.unparsable()).isEmpty();
    assertThat(lambda.options()).isEqualTo(FunctionOptions.NONE);
    assertThat(lambda.tumblingWindow()).isEmpty();
    assertThat(lambda.reportsItemFailures()).isTrue();
  }

  @Test
  void everything_may_be_said() throws IOException {
    Files.createFile(folder.resolve("orders.jar"));

    var lambda =
        read(
            SMALLEST
                + """
                    classpath: [orders.jar]
                    startingPosition: latest
                    unparsable: dead-letter
                    batchSize: 10000
                    batchWindow: 5m
                    retries: 3
                    timeout: 3s
                    tumblingWindow: 15m
                    reportBatchItemFailures: false
                """);

    assertThat(lambda.classpath()).containsExactly(folder.resolve("orders.jar"));
    assertThat(lambda.unparsable()).contains("dead-letter");
    var options = lambda.options();
    assertThat(options.start()).contains(Start.LATEST);
    assertThat(options.batching().records()).contains(10_000);
    assertThat(options.batching().orAfter()).contains(Duration.ofMinutes(5));
    assertThat(options.retrying().retries()).contains(3);
    assertThat(options.timeOut()).contains(Duration.ofSeconds(3));
    assertThat(lambda.tumblingWindow()).contains(Duration.ofMinutes(15));
    assertThat(lambda.reportsItemFailures()).isFalse();
  }

  @CsvSource(
      delimiter = '|',
      value = {
        "startingPosition: oldest | startingPosition: must be trim-horizon, latest or a time",
        "unparsable: ignore       | unparsable: must be drop, deliver or dead-letter",
        "batchSize: 10001         | batchSize: must be a whole number between 1 and 10000",
        "batchWindow: 6m          | batchWindow: must be between 0s and 5m",
        "retries: -1              | retries: must be a whole number between 0 and 10000",
        "timeout: 0s              | timeout: must be between 1ms and 60m",
        "tumblingWindow: 16m      | tumblingWindow: must be between 1s and 15m",
        "reportBatchItemFailures: maybe | reportBatchItemFailures: must be true or false",
        "classpath: [absent.jar]  | classpath: absent.jar does not exist beside the file",
        "batchsize: 3             | batchsize: there is no such key; allowed here: name, handler",
      })
  @ParameterizedTest
  void a_wrong_value_is_named_with_its_place(String line, String complaint) {
    assertThatThrownBy(() -> read(SMALLEST + "    " + line + "\n"))
        .isInstanceOf(SettingsException.class)
        .hasMessageStartingWith(folder.resolve("app.yaml") + ":6: functions[0]." + complaint);
  }

  @Test
  void a_pattern_may_be_yaml_or_a_text_of_json() throws IOException {
    var lambda =
        read(
            SMALLEST
                + """
                    filters:
                      - data:
                          type: [buy, '', null, true, 3.0e2, '300', 0x1F]
                          $or:
                            - a: [{exists: false}]
                            - b: [{anything-but: ["x\\ty"]}]
                      - '{"partitionKey": ["vip"]}'
                      - |
                        {"partitionKey":
                          ["x"]}
                """);

    assertThat(lambda.filters().stream().map(p -> p.json().replaceAll("\\s", "")).toList())
        .containsExactly(
            "{\"data\":{\"type\":[\"buy\",\"\",null,true,3.0e2,\"300\",\"0x1F\"],"
                + "\"$or\":[{\"a\":[{\"exists\":false}]},"
                + "{\"b\":[{\"anything-but\":[\"x\\u0009y\"]}]}]}}",
            "{\"partitionKey\":[\"vip\"]}",
            "{\"partitionKey\":[\"x\"]}");
    assertThat(compile(lambda)).isNotNull();
  }

  @Test
  void numbers_and_truths_that_only_yaml_writes_so_stay_what_they_are() throws IOException {
    var lambda =
        read(
            SMALLEST
                + """
                    filters:
                      - data: {n: [.5, +5, 1_000, 5., 007], t: [True, FALSE]}
                """);

    assertThat(lambda.filters().get(0).json().replaceAll("\\s", ""))
        .isEqualTo("{\"data\":{\"n\":[0.5,5,1000,5,7],\"t\":[true,false]}}");
    assertThat(compile(lambda)).isNotNull();
  }

  @Test
  void a_fault_in_yaml_is_found_at_its_own_line_and_column() throws IOException {
    var lambda =
        read(
            SMALLEST
                + """
                    filters:
                      - data: {type: [buy]}
                      - data:
                          type:
                            - prefix: a
                            - pref: b
                """);

    assertThat(placeOfFault(lambda))
        .isEqualTo(folder.resolve("app.yaml") + ":11:21: functions[0].filters[1]");
  }

  @Test
  void a_fault_in_a_text_is_found_at_its_line_of_the_file_and_its_place_in_the_text()
      throws IOException {
    var lambda =
        read(
            SMALLEST
                + """
                    filters:
                      - |
                        {"data":
                          {"type": "buy"}}
                """);

    assertThat(placeOfFault(lambda))
        .matches(
            ".*app.yaml:7: functions\\[0\\].filters\\[0\\]: in the pattern, line 2, column \\d+");
  }

  private static String placeOfFault(LambdaSettings lambda) {
    try {
      throw new AssertionError(compile(lambda) + " should not have been compiled");
    } catch (FilterException wrong) {
      return lambda.filters().get(wrong.pattern()).place(wrong.line(), wrong.column());
    }
  }

  private static RecordFilter compile(LambdaSettings lambda) {
    return RecordFilter.Language.find()
        .compile(lambda.filters().stream().map(EventPattern::json).toList());
  }

  private LambdaSettings read(String yaml) throws IOException {
    var file = Files.writeString(folder.resolve("app.yaml"), yaml);
    return Settings.read(file, name -> null).lambdas().get(0);
  }

  @Test
  void a_handler_that_is_not_enabled_is_checked_and_not_run() throws IOException {
    var file = folder.resolve("app.yaml");
    Files.writeString(file, SMALLEST + "    enabled: false\n  - class: com.acme.Alarm\n");

    assertThat(Settings.read(file, name -> null).lambdas()).isEmpty();
    assertThatThrownBy(() -> read(SMALLEST + "    enabled: false\n    batchSize: 0\n"))
        .hasMessageContaining("batchSize: must be a whole number");
  }

  @Test
  void lambda_s_own_defaults_are_one_word_away() throws IOException {
    var exact = read(SMALLEST + "    lambdaCompatible: true\n");

    assertThat(exact.options().lambda()).isPresent();
    assertThat(exact.options().lambda().get().reportsBatchItemFailures()).isFalse();
  }

  @Test
  void classes_and_handlers_stand_side_by_side() throws IOException {
    var file = folder.resolve("app.yaml");
    Files.writeString(file, SMALLEST + "  - class: com.acme.Alarm\n");

    var settings = Settings.read(file, name -> null);

    assertThat(settings.functions()).extracting("name").isEqualTo(List.of("com.acme.Alarm"));
    assertThat(settings.lambdas()).hasSize(1);
  }
}
