package io.headrace.local.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.fault.FaultRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files with faults: what they say, and what is said about bad ones. */
class FaultFileTest {
  private static final Path DOCUMENTATION = Path.of("../docs/local-kinesis.md");

  @Test
  void the_example_in_the_documentation_is_read_and_written_as_it_is() throws IOException {
    String example = example();

    FaultFile.Content content = read(example);

    assertThat(content.seed()).isEqualTo(7);
    assertThat(content.rules()).hasSize(6);
    String written = FaultFile.write(7, content.rules());
    assertThat(read(written)).isEqualTo(content);
  }

  @Test
  void what_a_rule_leaves_out_is_every_request() {
    FaultRule rule = read("{\"rules\":[{\"cut\":\"before\"}]}").rules().get(0);

    assertThat(rule.action()).isEqualTo("*");
    assertThat(rule.stream()).isNull();
    assertThat(rule.probability()).isEqualTo(1);
    assertThat(rule.first()).isEqualTo(0);
    assertThat(rule.every()).isEqualTo(1);
    assertThat(read("{}").rules()).isEmpty();
  }

  @Test
  void what_only_one_action_can_meet_is_about_that_action() {
    assertThat(read("{\"rules\":[{\"failRecords\":{}}]}").rules().get(0).action())
        .isEqualTo("PutRecords");
    assertThat(
            read("{\"rules\":[{\"subscription\":{\"ending\":\"end\"}}]}").rules().get(0).action())
        .isEqualTo("SubscribeToShard");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | f.json, line 1: the file must be an object such as {\"rules\": [...]}.",
        "{\"rule\":[]} | f.json, line 1: there is no field 'rule': use one of seed, rules.",
        "{\"rules\":{}} | f.json, line 1: field rules must be a list of rules but is {.",
        "{\"rules\":[7]} | f.json, line 1, rule 1: field rules must be a list of objects but is 7.",
        "{\"seed\":1.5} | f.json, line 1: field seed must be a whole number but is 1.5.",
        "{\"rules\":[{\"cut\":\"before\"},~{\"cut\":\"soon\"}]} | f.json, line 2, rule 2: field cut"
            + " must be one of before, after but is 'soon'.",
        "{\"rules\":[~{\"probability\":1.5,~\"cut\":\"after\"}]} | f.json, line 3, rule 1:"
            + " probability must be in 0..1 but is 1.5.",
        "{\"rules\":[{\"probability\":\"1\"}]} | f.json, line 1, rule 1: field probability must be"
            + " a number but is 1.",
        "{\"rules\":[{\"action\":\"PutRecrods\"}]} | f.json, line 1, rule 1: field action: the"
            + " service has no action 'PutRecrods': write it as in the API, such as PutRecords, or"
            + " * for all.",
        "{\"rules\":[{\"action\":\"*\"}]} | f.json, line 1, rule 1: the rule does nothing: give it"
            + " one of error, delayMillis, cut, failRecords, subscription.",
        "{\"rules\":[{\"cut\":\"after\",\"delayMillis\":1}]} | f.json, line 1, rule 1: a rule does"
            + " one thing: make two rules of error, delayMillis, cut, failRecords and"
            + " subscription.",
        "{\"rules\":[{\"error\":{}}]} | f.json, line 1, rule 1: field error needs code.",
        "{\"rules\":[{\"error\":{\"code\":\"X\",\"status\":200}}]} | f.json, line 1, rule 1: status"
            + " must be in 400..599 but is 200.",
        "{\"rules\":[{\"error\":{\"kode\":\"X\"}}]} | f.json, line 1, rule 1: there is no field"
            + " 'kode': use one of code, message, status.",
        "{\"rules\":[{\"first\":0}]} | f.json, line 1, rule 1: field first must be a whole number"
            + " of at least 1 but is 0.",
        "{\"rules\":[{\"delayMillis\":[5,1]}]} | f.json, line 1, rule 1: delay must be a time or"
            + " two in order, from 0 to 600000 ms, but is 5 to 1 ms.",
        "{\"rules\":[{\"delayMillis\":[5,10,15]}]} | f.json, line 1, rule 1: field delayMillis must"
            + " be a number or a list of two but is 15.",
        "{\"rules\":[{\"action\":\"PutRecord\",\"failRecords\":{}}]} | f.json, line 1, rule 1:"
            + " failRecords is for the action PutRecords only, and the action is PutRecord.",
        "{} {} | f.json, line 1: something follows the object: take it away.",
      })
  void what_cannot_be_read_is_told_by_line_rule_field_and_value(String text, String complaint) {
    assertThatThrownBy(() -> read(text.replace('~', '\n')))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(complaint);
  }

  @Test
  void what_is_no_json_is_told_with_its_line() {
    assertThatThrownBy(() -> read("{\n\"rules\":\n[}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("f.json, line 3: this is no JSON: ");
    assertThatThrownBy(() -> read("{\"seed\":1,\"seed\":2}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Duplicate field 'seed'");
    assertThatThrownBy(() -> read("")).isInstanceOf(IllegalArgumentException.class);
    byte[] noCharacters = {0, 0, -1, -2, '{', '}'};
    assertThatThrownBy(() -> FaultFile.read("f.json", noCharacters, Protocol.actionNames()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("f.json: this is no JSON: ");
  }

  @Test
  void a_file_of_too_many_rules_or_too_long_a_text_is_refused_in_one_short_sentence() {
    String many = "{\"rules\":[" + "{\"cut\":\"after\"},".repeat(1000) + "{\"cut\":\"after\"}]}";
    assertThatThrownBy(() -> read(many))
        .hasMessage(
            "f.json, line 1, rule 1001: there are more than 1000 rules: keep the first of them.");
    String text = "x".repeat(1_000_000);
    for (String rule :
        new String[] {
          "\"action\":\"" + text + "\"",
          "\"cut\":\"" + text + "\"",
          "\"" + text + "\":1",
          "\"error\":{\"code\":\"" + text + "\"}",
          "\"every\":\"" + text + "\"",
        }) {
      assertThatThrownBy(() -> read("{\"rules\":[{" + rule + "}]}"))
          .isInstanceOf(IllegalArgumentException.class)
          .extracting(error -> error.getMessage().length())
          .satisfies(length -> assertThat(length).isLessThan(400));
    }
  }

  @Test
  void bytes_of_any_kind_are_read_or_refused_and_nothing_else() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] example = example().getBytes(UTF_8);
    for (int i = 0; i < 20_000; i++) {
      byte[] mutated = example.clone();
      for (int j = 0; j <= random.nextInt(4); j++) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(128);
      }
      try {
        FaultFile.read("f.json", mutated, Protocol.actionNames());
      } catch (IllegalArgumentException refused) {
        assertThat(refused.getMessage()).as("seed %d, round %d", seed, i).startsWith("f.json");
      } catch (RuntimeException e) {
        throw new AssertionError(
            "seed " + seed + ", round " + i + ": " + new String(mutated, UTF_8), e);
      }
    }
  }

  private static FaultFile.Content read(String text) {
    return FaultFile.read("f.json", text.getBytes(UTF_8), Protocol.actionNames());
  }

  private static String example() throws IOException {
    String text = Files.readString(DOCUMENTATION);
    int start = text.indexOf("```json") + "```json".length();
    return text.substring(start, text.indexOf("```", start));
  }
}
