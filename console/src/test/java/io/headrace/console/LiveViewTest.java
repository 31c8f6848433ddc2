package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LiveViewTest {
  private static final String UP_3 = "\u001b[3A";
  private static final String WIPE = UP_3 + "\u001b[J";

  private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
  private final PrintWriter out = new PrintWriter(screen, true, StandardCharsets.UTF_8);

  @Test
  void a_frame_is_drawn_over_the_one_before() {
    var view = new LiveView(out, true);

    view.draw(frame(1));
    view.draw(frame(2));

    assertThat(screen()).containsOnlyOnce(UP_3);
  }

  @Test
  void a_log_line_wipes_the_frame_and_is_not_drawn_over() {
    var view = new LiveView(out, true);
    view.draw(frame(1));

    view.above(new PrintStream(screen, true, StandardCharsets.UTF_8)).println("a warning");
    view.draw(frame(2));

    assertThat(screen()).contains(WIPE + "a warning\n").containsOnlyOnce(UP_3);
  }

  @Test
  void a_log_line_before_any_frame_wipes_nothing() {
    var view = new LiveView(out, true);

    view.above(new PrintStream(screen, true, StandardCharsets.UTF_8)).println("a warning");

    assertThat(screen()).isEqualTo("a warning\n");
  }

  private String screen() {
    return screen.toString(StandardCharsets.UTF_8);
  }

  private static LiveView.Frame frame(int seconds) {
    return new LiveView.Frame(
        Duration.ofSeconds(seconds), 7, 7, Duration.ZERO, Map.of("w", 1), Map.of("s", 2L));
  }
}
