package io.headrace.bench.fleet;

import io.headrace.bench.consumer.KclProgram;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Results;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Plays all scenarios on all sides in turn. Confined to the thread of the benchmark. */
final class FleetRun {
  private final FleetPlan plan;
  private final Journal journal;
  private final Checkout checkout;
  private final Consumer<String> progress;
  private final KclProgram kcl;
  private final Results results = new Results();
  private boolean kclBuilt;

  FleetRun(FleetPlan plan, Journal journal, Checkout checkout, Consumer<String> progress) {
    this.plan = plan;
    this.journal = journal;
    this.checkout = checkout;
    this.progress = progress;
    this.kcl = new KclProgram(checkout.home());
  }

  /** Of the library that was run. */
  String kclVersion() {
    return kcl.version();
  }

  Results run() {
    kclBuilt = plan.withKcl() && build();
    Fingerprint fingerprint = Fingerprint.of(kcl.version());
    for (int run = 1; run <= plan.runs(); run++) {
      for (Scenario scenario : plan.scenarios()) {
        for (Side side : plan.sides()) {
          if (kclBuilt || !side.isKcl()) {
            measure(new Journal.Key(scenario, side, run, fingerprint.of(side, scenario)));
          }
        }
      }
    }
    return results;
  }

  private boolean build() {
    try {
      progress.accept("builds the KCL's worker if need be");
      kcl.build();
      return true;
    } catch (NotMeasured e) {
      results.failed("the KCL", e);
      return false;
    }
  }

  private void measure(Journal.Key key) {
    String name = "%s, %s, run %d".formatted(key.scenario().label(), key.side().label(), key.run());
    Optional<Figures> before = journal.of(key);
    if (before.isPresent()) {
      progress.accept(name + ": taken from the results that are there");
      keep(key, before.get());
      return;
    }
    results.attempt(
        name,
        progress,
        () -> {
          Figures figures = play(key);
          progress.accept("  " + text(figures));
          journal.add(key, figures);
          keep(key, figures);
        });
  }

  private Figures play(Journal.Key key) {
    try (Stage stage =
        Stage.open(key.side(), key.scenario(), key.run(), kcl, logs(key), progress)) {
      return key.scenario().play(stage);
    } catch (CompletionException e) {
      throw new NotMeasured(NotMeasured.because(e), e);
    }
  }

  /** A folder for what the programs of a measurement log. */
  private Path logs(Journal.Key key) {
    return checkout.logs(
        "fleet/%s-%s-%d"
            .formatted(key.scenario().label(), key.side().label().replace(' ', '-'), key.run()));
  }

  private void keep(Journal.Key key, Figures figures) {
    results.add(key.run(), key.side().label(), null, figures);
  }

  private static String text(Figures figures) {
    return figures.byName().entrySet().stream()
        .map(
            (Map.Entry<String, Double> entry) ->
                entry.getKey() + " " + Figures.rounded(entry.getValue()))
        .collect(Collectors.joining(", "));
  }
}
