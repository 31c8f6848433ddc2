package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;

class ConsumerSettingsTest {
  @Test
  void what_goes_on_the_command_line_is_what_is_read_from_it() {
    ConsumerSettings settings =
        new ConsumerSettings(
            URI.create("http://127.0.0.1:1"),
            URI.create("http://127.0.0.1:2"),
            "stream",
            "application",
            ConsumerSettings.Reading.POLLING_OFTEN,
            ConsumerSettings.Measuring.ORDER,
            3,
            4,
            Long.MIN_VALUE);
    assertThat(ConsumerSettings.parse(settings.command())).isEqualTo(settings);
  }
}
