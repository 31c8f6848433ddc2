package io.headrace.function.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonRedactionTest {
  private static Redaction.Redacted apply(String json, String message, String... pointers) {
    return JsonRedaction.of(pointers).apply(json.getBytes(UTF_8), message);
  }

  private static String payload(String json, String... pointers) {
    return new String(apply(json, "", pointers).payload(), UTF_8);
  }

  @Test
  void named_fields_are_taken_out_and_others_stay() {
    assertThat(
            payload("{\"card\":{\"number\":\"4111\",\"kind\":\"visa\"},\"n\":1}", "/card/number"))
        .isEqualTo("{\"card\":{\"number\":\"[redacted]\",\"kind\":\"visa\"},\"n\":1}");
    assertThat(payload("{\"items\":[{\"p\":1},{\"p\":2,\"q\":3}]}", "/items/*/p"))
        .isEqualTo("{\"items\":[{\"p\":\"[redacted]\"},{\"p\":\"[redacted]\",\"q\":3}]}");
    assertThat(payload("[10,20,30]", "/1")).isEqualTo("[10,\"[redacted]\",30]");
    assertThat(payload("{\"a/b\":{\"c~d\":1}}", "/a~1b/c~0d"))
        .isEqualTo("{\"a/b\":{\"c~d\":\"[redacted]\"}}");
    assertThat(payload("{\"whole\":{\"x\":[1,{\"y\":2}]}}", "/whole"))
        .isEqualTo("{\"whole\":\"[redacted]\"}");
  }

  @Test
  void a_payload_without_the_field_stays_as_it_is_byte_for_byte() {
    assertThat(payload("{ \"a\" : 1.0 }", "/b", "/a/c")).isEqualTo("{ \"a\" : 1.0 }");
  }

  @Test
  void of_a_member_that_is_there_twice_nothing_is_left() {
    assertThat(payload("{\"pin\":1234,\"pin\":5678}", "/pin")).doesNotContain("1234", "5678");
  }

  @Test
  void a_payload_with_a_member_twice_is_not_shown_though_the_pointer_leads_past_the_first() {
    var shown = apply("{\"card\":{\"n\":4111},\"card\":{\"m\":1}}", "saw 4111", "/card/n");

    assertThat(new String(shown.payload(), UTF_8)).startsWith("[redacted: ").doesNotContain("4111");
    assertThat(shown.message()).isEqualTo("[redacted]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"{\\\"card\\\":4111}\"", "4111", "null", "true"})
  void a_payload_that_is_a_single_value_is_not_shown_as_it_may_hold_json_itself(String payload) {
    assertThat(payload(payload, "/card"))
        .isEqualTo("[redacted: " + payload.length() + " bytes that are no JSON object]");
  }

  @Test
  void numbers_that_are_not_named_stay_digit_by_digit() {
    assertThat(payload("{\"pin\":1,\"price\":1.10,\"id\":12345678901234567890.1234567890}", "/pin"))
        .isEqualTo(
            "{\"pin\":\"[redacted]\",\"price\":1.10,\"id\":12345678901234567890.1234567890}");
  }

  @Test
  void messages_quote_a_value_in_no_other_form_either() {
    var shown =
        apply(
            "{\"name\":\"O\\\"Brien\",\"n\":41111111.50,\"huge\":1e999999999}",
            "at \"O\\\"Brien\" or O\"Brien with 41111111.50 and 1E+999999999",
            "/name",
            "/n",
            "/huge");

    assertThat(shown.message())
        .isEqualTo("at \"[redacted]\" or [redacted] with [redacted] and [redacted]");
  }

  @Test
  void messages_that_quote_a_value_do_so_no_more() {
    var shown =
        apply(
            "{\"card\":{\"number\":4111222,\"cvc\":7}}", "no card 4111222 with 7, but 77", "/card");

    assertThat(shown.message()).isEqualTo("no card [redacted] with [redacted], but 77");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "4111 2222", "{\"card\":", "{\"a\":1} trailing {"})
  void a_payload_that_is_no_json_is_not_shown(String payload) {
    var shown = apply(payload, "can't read " + payload + " at 3", "/card");

    if (!payload.isEmpty()) {
      assertThat(new String(shown.payload(), UTF_8)).doesNotContain(payload);
      assertThat(shown.message()).doesNotContain(payload);
    }
    assertThat(new String(shown.payload(), UTF_8)).startsWith("[redacted: " + payload.length());
  }

  @Test
  void json_that_is_nested_ten_thousand_deep_is_not_shown() {
    var deep = "[".repeat(10_000) + "]".repeat(10_000);

    assertThat(payload(deep, "/card")).isEqualTo("[redacted: 20000 bytes that are no JSON object]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "card", "card/number", "/a~", "/a~2b"})
  void what_is_no_pointer_is_named(String pointer) {
    assertThatThrownBy(() -> JsonRedaction.of(pointer))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("JSON pointer \"" + pointer + "\": must begin with /");
  }
}
