package io.headrace.bench.local;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.ServerProcess;
import io.headrace.local.LocalKinesis;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts and closes our server inside this JVM: the first start, which loads its classes, and those
 * after it. Prints figures as {@link LoadProgram} does.
 */
final class WarmStart {
  private static final int WARM = 20;

  private WarmStart() {}

  /** Takes no arguments. */
  public static void main(String[] args) {
    double cold = startMillis();
    List<Double> warm = new ArrayList<>();
    for (int i = 0; i < WARM; i++) {
      warm.add(startMillis());
    }
    Samples samples = Samples.of(warm);
    System.out.println(
        new Figures()
            .put("start.inside_first_ms", cold)
            .put("start.inside_warm_ms", samples.median())
            .put("start.inside_warm_max_ms", samples.max())
            .line());
    System.exit(0);
  }

  private static double startMillis() {
    long start = System.nanoTime();
    LocalKinesis kinesis = LocalKinesis.start();
    if (!ServerProcess.answers(kinesis.endpoint().getPort())) {
      throw new IllegalStateException("no answer from " + kinesis.endpoint());
    }
    double millis = (System.nanoTime() - start) / 1e6;
    kinesis.close();
    return millis;
  }
}
