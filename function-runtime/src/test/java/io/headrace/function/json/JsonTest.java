package io.headrace.function.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonTest {
  record Reading(String host, double cpu, Instant at) {}

  record Rich(Optional<String> note, LocalDate day, Duration span, List<Reading> readings) {}

  record Loose(@Nullable String note, int n) {}

  record Positive(int n) {
    Positive {
      if (n < 0) {
        throw new IllegalArgumentException("n " + n);
      }
    }
  }

  private final Json<Reading> json = Json.of(Reading.class);

  @Test
  void what_was_written_is_read_back() {
    var value =
        new Rich(
            Optional.of("x"),
            LocalDate.of(2008, 1, 3),
            Duration.ofMinutes(5),
            List.of(new Reading("web-1", 0.5, Instant.parse("2026-01-01T00:00:00.123456789Z"))));
    var codec = Json.of(Rich.class);

    assertThat(codec.decode(codec.encode(value), 1)).isEqualTo(value);
    assertThat(new String(codec.encode(value), UTF_8)).contains("2026-01-01T00:00:00.123456789Z");
  }

  @Test
  void an_unknown_field_is_let_through() {
    assertThat(
            decode("{\"host\":\"a\",\"cpu\":1,\"at\":\"2026-01-01T00:00:00Z\",\"rack\":7}").host())
        .isEqualTo("a");
  }

  @Test
  void a_missing_field_is_named() {
    assertThatThrownBy(() -> decode("{\"cpu\":1,\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessage("Reading, field host: is missing");
  }

  @Test
  void a_missing_primitive_is_named() {
    assertThatThrownBy(() -> decode("{\"host\":\"a\",\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessage("Reading, field cpu: is missing");
  }

  @Test
  void a_null_is_refused_and_named() {
    assertThatThrownBy(() -> decode("{\"host\":null,\"cpu\":1,\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessage("Reading, field host: is null");
    assertThatThrownBy(
            () -> decode("{\"host\":\"a\",\"cpu\":null,\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessageStartingWith("Reading, field cpu: is n");
  }

  @Test
  void a_field_of_a_nested_record_is_named_with_its_path() {
    assertThatThrownBy(
            () ->
                Json.of(Rich.class)
                    .decode(
                        "{\"day\":\"2008-01-03\",\"span\":\"PT5M\",\"readings\":[{\"host\":\"a\"}]}"
                            .getBytes(UTF_8),
                        1))
        .hasMessageContaining("field readings.0.cpu: is missing");
  }

  @Test
  void an_optional_may_be_missing_or_null() {
    var rest = "\"day\":\"2008-01-03\",\"span\":\"PT5M\",\"readings\":[]}";
    assertThat(Json.of(Rich.class).decode(("{" + rest).getBytes(UTF_8), 1).note()).isEmpty();
    assertThat(Json.of(Rich.class).decode(("{\"note\":null," + rest).getBytes(UTF_8), 1).note())
        .isEmpty();
  }

  @Test
  void a_nullable_component_may_be_missing_or_null() {
    assertThat(Json.of(Loose.class).decode("{\"n\":1}".getBytes(UTF_8), 1).note()).isNull();
    assertThat(Json.of(Loose.class).decode("{\"n\":1,\"note\":null}".getBytes(UTF_8), 1).note())
        .isNull();
  }

  @Test
  void an_error_never_quotes_the_payload() {
    for (var bad :
        List.of(
            "secret",
            "{\"host\":\"secret\",\"cpu\":\"secret\",\"at\":\"secret\"}",
            "{\"host\":\"a\",\"cpu\":1,\"at\":\"secret\"}",
            "{\"host\":{\"secret\":1},\"cpu\":1,\"at\":\"secret\"}",
            "[\"secret\"]",
            "\"secret\"",
            "{\"host\":\"secret",
            "")) {
      assertThatThrownBy(() -> decode(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Reading")
          .hasMessageNotContaining("secret")
          .hasNoCause();
    }
    assertThatThrownBy(() -> Json.of(Positive.class).decode("{\"n\":-77}".getBytes(UTF_8), 1))
        .hasMessageNotContaining("77");
  }

  @Test
  void null_and_trailing_text_are_no_values() {
    assertThatThrownBy(() -> decode("null")).hasMessage("Reading: is null");
    assertThatThrownBy(() -> decode("{\"host\":\"a\",\"cpu\":1,\"at\":\"2026-01-01T00:00:00Z\"} x"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_wrong_type_is_named_with_its_field() {
    assertThatThrownBy(
            () -> decode("{\"host\":\"a\",\"cpu\":\"much\",\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessage("Reading, field cpu: is not a double");
  }

  @Test
  void the_users_mapper_is_used_as_it_is() {
    var mapper = new ObjectMapper();
    assertThat(Json.of(Positive.class, mapper).decode("{}".getBytes(UTF_8), 1).n()).isZero();
  }

  @Test
  void another_version_is_refused() {
    assertThatThrownBy(() -> json.decode("{}".getBytes(UTF_8), 2))
        .hasMessageContaining("version 2");
  }

  private Reading decode(String text) {
    return json.decode(text.getBytes(UTF_8), 1);
  }
}
