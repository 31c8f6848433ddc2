package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeptOutputsTest {
  private static KeptOutputs outputs(String... values) {
    return new KeptOutputs(
        Arrays.stream(values)
            .map(
                value ->
                    new KeptOutputs.Kept(
                        "",
                        "id of " + value,
                        new Outlet.Content(
                            "key", value.getBytes(UTF_8), Map.of("headrace-id", value), 3)))
            .toList());
  }

  private static List<String> values(KeptOutputs kept) {
    return kept.outputs().stream()
        .map(each -> each.id() + " " + new String(each.content().data(), UTF_8))
        .toList();
  }

  @Test
  void what_is_written_is_read_back_in_order() {
    var read = KeptOutputs.read(outputs("one", "two").value());
    assertThat(values(read)).containsExactly("id of one one", "id of two two");
    assertThat(read.outputs().get(0).content().headers()).containsEntry("headrace-id", "one");
    assertThat(read.outputs().get(1).content().key()).isEqualTo("key");
    assertThat(read.outputs().get(1).content().version()).isEqualTo(3);
  }

  @Test
  void two_that_lie_under_one_name_are_joined() {
    var joined = KeptOutputs.joined(outputs("one").value(), outputs("two").value());
    assertThat(values(KeptOutputs.read(joined))).containsExactly("id of one one", "id of two two");
  }

  @Test
  void one_that_is_cut_short_or_newer_is_refused_and_never_half_read() {
    byte[] bytes = outputs("one").value().bytes();
    for (int length = 0; length < bytes.length; length++) {
      var cut = StateValue.of(Arrays.copyOf(bytes, length), 1);
      assertThatThrownBy(() -> KeptOutputs.read(cut))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("cut short");
    }
    assertThatThrownBy(() -> KeptOutputs.read(StateValue.of(bytes, 2)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("format 2");
  }
}
