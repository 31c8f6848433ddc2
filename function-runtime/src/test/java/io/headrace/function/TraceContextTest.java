package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {
  private static final String SOUND = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  @Test
  void a_sound_traceparent_is_taken_apart() {
    var trace = TraceContext.in(Map.of("traceparent", SOUND, "tracestate", "a=1")).orElseThrow();

    assertThat(trace.traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(trace.parentId()).isEqualTo("00f067aa0ba902b7");
    assertThat(trace.isSampled()).isTrue();
    assertThat(trace.tracestate()).contains("a=1");
  }

  @Test
  void a_later_version_may_have_more_fields() {
    var later = "01" + SOUND.substring(2) + "-more";

    assertThat(TraceContext.in(Map.of("traceparent", later))).isPresent();
    assertThat(TraceContext.in(Map.of("traceparent", "01" + SOUND.substring(2)))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-4bf92f35-00f067aa-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
      })
  void what_is_not_in_the_format_is_no_trace(String text) {
    var headers = Map.of("traceparent", text, "tracestate", "a=1");

    assertThat(TraceContext.in(headers)).isEmpty();
    assertThat(TraceContext.isSound(headers)).isFalse();
    assertThat(TraceContext.carriedBy(headers)).isEmpty();
    assertThatThrownBy(() -> new TraceContext(text, java.util.Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("VERSION-TRACE-PARENT-FLAGS");
  }

  @Test
  void a_state_without_a_parent_is_passed_on_to_nobody() {
    assertThat(TraceContext.carriedBy(Map.of("tracestate", "a=1", "id", "7"))).isEmpty();
    assertThat(TraceContext.isSound(Map.of("tracestate", "a=1"))).isTrue();
  }

  @Test
  void a_state_that_is_too_long_to_be_kept_is_left_out() {
    var headers = Map.of("traceparent", SOUND, "tracestate", "a=" + "x".repeat(600));

    assertThat(TraceContext.carriedBy(headers)).containsOnly(Map.entry("traceparent", SOUND));
  }

  @Test
  void a_state_that_can_not_stand_in_a_header_is_left_out() {
    for (var state : List.of("a=1\r\nx-admin: true", "a=\u00e9", "a=\u0000")) {
      var headers = Map.of("traceparent", SOUND, "tracestate", state);

      assertThat(TraceContext.carriedBy(headers)).containsOnly(Map.entry("traceparent", SOUND));
    }
  }
}
