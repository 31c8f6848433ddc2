package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckCommandTest {
  @TempDir Path folder;

  @Test
  void functions_of_classes_and_of_modules_are_listed_with_what_they_read() throws IOException {
    var run =
        check(
            """
            application: app
            modules: [io.headrace.console.app.Configured$Module]
            functions:
              - class: io.headrace.console.app.Shouting
              - class: io.headrace.console.app.Configured
            """);

    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("application app, table headrace")
        .contains("shouting reads kinesis:words")
        .contains("configured-x reads kinesis:words")
        .contains("configured-bound reads kinesis:words");
  }

  @Test
  void with_json_the_last_line_is_one_object() throws IOException {
    var file = write("application: app\nfunctions: [{class: io.headrace.console.app.Shouting}]\n");

    var run = CommandRun.of("check", file.toString(), "--json");

    assertThat(run.out())
        .isEqualToIgnoringNewLines(
            "{\"application\":\"app\",\"table\":\"headrace\",\"functions\":"
                + "[{\"name\":\"shouting\",\"reads\":[\"kinesis:words\"]}]}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "class: com.acme.Absent | app.yaml:3: functions[0].class: there is no class com.acme.Absent",
        "class: io.headrace.console.app.Configured$Nothing | has no static method spec()",
        "class: io.headrace.console.app.Configured | no module binds what spec(…) of",
        "clas: x | app.yaml:3: functions[0].class: is missing",
      })
  void what_is_wrong_with_a_class_names_its_place(String entry, String message) throws IOException {
    var run = check("application: app\nfunctions:\n  - " + entry + "\n");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).hasLineCount(1).contains(message);
  }

  @Test
  void two_functions_of_one_name_are_refused() throws IOException {
    var run =
        check(
            """
            application: app
            functions:
              - class: io.headrace.console.app.Shouting
              - class: io.headrace.console.app.Shouting
            """);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("app.yaml:4").contains("a second function is named shouting");
  }

  @Test
  void a_module_that_is_none_is_refused() throws IOException {
    var run = check("application: app\nmodules: [io.headrace.console.app.Configured$Nothing]\n");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("app.yaml:2: modules").contains("is not a Guice module");
  }

  private CommandRun check(String yaml) throws IOException {
    return CommandRun.of("check", write(yaml).toString());
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(folder.resolve("app.yaml"), yaml);
  }
}
