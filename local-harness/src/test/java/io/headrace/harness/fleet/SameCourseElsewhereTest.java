package io.headrace.harness.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.harness.JavaProcess;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A seed means the same in another process, where the JVM has drawn anew in which order {@code
 * Set.of} is gone through, and what an object without {@code hashCode} hashes to. Of a small set
 * there are few orders, and two processes often have the same: so there are three.
 */
class SameCourseElsewhereTest {
  private static final long[] SEEDS = {3, 15, 22};

  @Test
  void a_seed_takes_the_same_course_in_another_process() throws Exception {
    var here = digests();

    // All identity hashes alike, and such as count up.
    for (var hashes : List.of("-XX:hashCode=2", "-XX:hashCode=3")) {
      var elsewhere =
          JavaProcess.run(
              Digests.class,
              "-XX:+IgnoreUnrecognizedVMOptions",
              "-XX:+UnlockExperimentalVMOptions",
              hashes);
      assertThat(elsewhere.output().strip()).isEqualTo(here);
      assertThat(elsewhere.exitCode()).isZero();
    }
  }

  private static String digests() {
    var probes = FleetSimulation.ofProbes();
    var digests = new ArrayList<String>();
    for (long seed : SEEDS) {
      var result = FleetCourse.run(seed, probes.chosen(seed), Plant.NONE);
      digests.add(seed + ": " + result.events() + " events, " + Long.toHexString(result.hash()));
    }
    return String.join("; ", digests);
  }

  /** The other process. */
  static final class Digests {
    private Digests() {}

    public static void main(String[] args) {
      // Workers warn of every death, and many die here. Before the first logger is made.
      System.setProperty("org.slf4j.simpleLogger.log.io.headrace", "off");
      System.out.println(digests());
    }
  }
}
