package io.headrace.bench.fleet;

import io.headrace.bench.consumer.KclProgram;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Results;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * What the workers of a quiet fleet send, for whoever wants to know what that costs: two with 50
 * shards each, under a load so slow that nothing but commits comes of it, and without any. Confined
 * to the thread of the benchmark.
 */
public final class QuietFleet {
  public static final String HEADRACE = Side.HEADRACE.label();
  public static final String KCL = Side.KCL.label();
  public static final String KCL_TUNED = Side.KCL_TUNED.label();
  private static final List<Side> SIDES = List.of(Side.HEADRACE, Side.KCL, Side.KCL_TUNED);

  private final Checkout checkout;
  private final Consumer<String> progress;
  private final KclProgram kcl;

  public QuietFleet(Checkout checkout, Consumer<String> progress) {
    this.checkout = checkout;
    this.progress = progress;
    this.kcl = new KclProgram(checkout.home());
  }

  /** Builds the KCL's worker if need be; answers the library's version. */
  public String build() {
    progress.accept("builds the KCL's worker if need be");
    kcl.build();
    return kcl.version();
  }

  /**
   * One round: ours at its defaults, the KCL at its own, and the KCL tuned. Figures of a worker
   * begin with {@code loaded} or {@code idle}.
   *
   * @param withKcl false where it could not be built
   */
  public void measure(int round, boolean withKcl, Results results) {
    for (Side side : SIDES) {
      if (withKcl || !side.isKcl()) {
        results.attempt(
            "loaded and idle, " + side.label() + ", round " + round,
            progress,
            () -> results.add(round, side.label(), null, play(side, round)));
      }
    }
  }

  private Figures play(Side side, int round) {
    try (Stage stage =
        Stage.open(
            side,
            Scenario.IDLE,
            round,
            kcl,
            checkout.logs("cost/" + side.label().replace(' ', '-') + "-" + round),
            progress)) {
      return Costs.loadedAndIdle(stage);
    } catch (CompletionException e) {
      throw new NotMeasured(NotMeasured.because(e), e);
    }
  }
}
