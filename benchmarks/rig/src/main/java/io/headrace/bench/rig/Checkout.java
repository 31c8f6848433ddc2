package io.headrace.bench.rig;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folders in which a benchmark works.
 *
 * @param target where the benchmarks are built, and where they leave their logs
 */
public record Checkout(Path target) {
  /** That of a class in {@code benchmarks/target}, in a jar or not. */
  public static Checkout of(Class<?> program) {
    try {
      Path built = Path.of(program.getProtectionDomain().getCodeSource().getLocation().toURI());
      return new Checkout(built.toAbsolutePath().resolveSibling(""));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The folder of the topmost pom.xml. */
  public Path home() {
    return target.resolve("../..").normalize();
  }

  /** A folder for what the programs of a benchmark log. */
  public Path logs(String bench) {
    Path logs = target.resolve("logs").resolve(bench);
    try {
      return Files.createDirectories(logs);
    } catch (IOException e) {
      throw new NotMeasured("the folder " + logs + " can't be made: " + e, e);
    }
  }
}
