package io.headrace.function.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.function.RetryPolicy;
import io.headrace.function.TerminalFailure;
import io.headrace.function.Unavailable;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/metrics.md lists the meters that a run registers, all of them and no others. */
class MetersPageTest {
  private static final Path PAGE = Path.of("..", "docs", "metrics.md");
  private static final String BEGIN = "<!-- written by MetersPageTest -->\n";
  private static final String END = "<!-- end -->\n";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private boolean down;

  @Test
  void a_run_registers_just_the_meters_that_are_named() {
    run();

    var found = new TreeMap<String, String>();
    for (var meter : registry.getMeters()) {
      var id = meter.getId();
      var tags =
          id.getTags().stream().map(Tag::getKey).collect(Collectors.toCollection(TreeSet::new));
      found.put(id.getName(), id.getType() + " " + tags);
    }
    var named = new TreeMap<String, String>();
    for (var each : Named.values()) {
      named.put(each.id(), each.type() + " " + new TreeSet<>(each.tagKeys()));
    }
    assertThat(found).isEqualTo(named);
  }

  @Test
  void the_page_lists_them() throws IOException {
    var page = Files.readString(PAGE);
    var before = page.substring(0, page.indexOf(BEGIN) + BEGIN.length());
    var after = page.substring(page.indexOf(END));
    var written = before + table() + after;
    if (Boolean.getBoolean("headrace.metrics.write")) {
      Files.writeString(PAGE, written);
    }
    assertThat(Files.readString(PAGE))
        .as("docs/metrics.md: write it anew with -Dheadrace.metrics.write=true")
        .isEqualTo(written);
  }

  private String table() {
    var text = new StringBuilder();
    text.append("| meter | in Prometheus | type, unit | tags | what it says | alarm on |\n");
    text.append("| --- | --- | --- | --- | --- | --- |\n");
    for (var each : Named.values()) {
      text.append("| `")
          .append(each.id())
          .append("` | `")
          .append(inPrometheus(each))
          .append("` | ")
          .append(each.type().name().toLowerCase(java.util.Locale.ROOT))
          .append(each.unit().isEmpty() ? "" : ", " + each.unit())
          .append(" | ")
          .append(String.join(", ", each.tagKeys()))
          .append(" | ")
          .append(each.meaning())
          .append(" | ")
          .append(each.alarm())
          .append(" |\n");
    }
    return text.toString();
  }

  private String inPrometheus(Named named) {
    var unit = named.unit().equals("seconds") || named.unit().equals("bytes") ? named.unit() : null;
    var name = registry.config().namingConvention().name(named.id(), named.type(), unit);
    return named.type() == Meter.Type.COUNTER && !name.endsWith("_total") ? name + "_total" : name;
  }

  /** Everything that a meter comes of: a letter, an outage, a redrive, a shard. */
  private void run() {
    var world = new World(1, 1);
    var spec =
        World.reading("f")
            .retrying(RetryPolicy.forever())
            .handledBy(
                () ->
                    (event, out) -> {
                      if (down) {
                        throw new Unavailable("crm", Duration.ofSeconds(1), null);
                      }
                      if (event.value().equals("bad")) {
                        throw new TerminalFailure("Bad", "no");
                      }
                    },
                Destination.<String>nowhere());
    var unused =
        world.worker("w", spec).observedBy(HeadraceMetrics.in(registry).withShards()).start();
    world.advance(5);
    world.put("k", "bad");
    world.advance(5);
    down = true;
    world.put("k", "good");
    world.advance(5);
  }
}
