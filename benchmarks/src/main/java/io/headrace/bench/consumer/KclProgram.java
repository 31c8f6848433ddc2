package io.headrace.bench.consumer;

import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.PeerModule;
import java.nio.file.Path;
import java.util.List;

/**
 * The KCL's programs: the module {@code benchmarks/kcl}. Confined to the thread of the benchmark.
 */
public final class KclProgram {
  private static final PeerModule.Kind KIND =
      new PeerModule.Kind(
          "benchmarks/kcl", "quick", "io.headrace.bench.kcl.", "amazon-kinesis-client");

  private final PeerModule module;

  /**
   * Finds it in a checkout.
   *
   * @param home the folder of the topmost pom.xml
   */
  public KclProgram(Path home) {
    this.module = new PeerModule(home, KIND);
  }

  /**
   * How one of them is started.
   *
   * @param main the simple name of its class
   * @param options of its JVM
   */
  public Launch launch(String label, String main, List<String> options, List<String> arguments) {
    return module.launch(label, main, options, arguments);
  }

  /** The library's version, by the name of its jar. */
  public String version() {
    return module.version();
  }

  /** Does nothing when it is there and newer than its sources. */
  public void build() {
    module.build();
  }
}
