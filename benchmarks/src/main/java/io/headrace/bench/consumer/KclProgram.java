package io.headrace.bench.consumer;

import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.NotMeasured;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The KCL's programs: the module {@code benchmarks/kcl}, which Maven builds when it is missing or
 * older than its sources. Its libraries stay out of our class path. Confined to the thread of the
 * benchmark.
 */
public final class KclProgram {
  /** What the programs of the module lie in. */
  private static final String PACKAGE = "io.headrace.bench.kcl.";

  private static final Duration BUILD_MAX = Duration.ofMinutes(10);
  private static final String MODULE = "benchmarks/kcl";
  private static final List<String> SOURCES =
      List.of(
          MODULE + "/src/main",
          MODULE + "/pom.xml",
          "benchmarks/rig/src/main",
          "benchmarks/rig/pom.xml");

  private static final Pattern JAR = Pattern.compile("amazon-kinesis-client-([0-9.]+)\\.jar");

  private final Path home;

  /**
   * Finds it in a checkout.
   *
   * @param home the folder of the topmost pom.xml
   */
  public KclProgram(Path home) {
    this.home = home;
  }

  /**
   * How one of them is started.
   *
   * @param main the simple name of its class
   * @param options of its JVM
   */
  public Launch launch(String label, String main, List<String> options, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add("-cp");
    command.add(target("classes") + ":" + text(target("classpath.txt")));
    command.add(PACKAGE + main);
    command.addAll(arguments);
    return new Launch(label, command, home, Map.of(), true);
  }

  /** The library's version, by the name of its jar. */
  public String version() {
    Matcher jar =
        JAR.matcher(Files.exists(target("classpath.txt")) ? text(target("classpath.txt")) : "");
    return jar.find() ? jar.group(1) : "not there";
  }

  /** Does nothing when it is there and newer than its sources. */
  public void build() {
    try {
      if (Files.exists(target("classpath.txt"))
          && !newer(Files.getLastModifiedTime(target("classpath.txt")))) {
        return;
      }
      maven();
    } catch (IOException e) {
      throw new NotMeasured("the KCL's consumer can't be built in " + home + ": " + e, e);
    }
  }

  private boolean newer(FileTime built) throws IOException {
    for (String source : SOURCES) {
      try (Stream<Path> files = Files.walk(home.resolve(source))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          if (Files.getLastModifiedTime(file).compareTo(built) > 0) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private void maven() throws IOException {
    Path log = Files.createDirectories(target("")).resolve("build.log");
    Process maven =
        new ProcessBuilder("mvn", "-q", "-B", "-Pquick", "-pl", MODULE, "-am", "package")
            .directory(home.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!maven.waitFor(BUILD_MAX.toSeconds(), TimeUnit.SECONDS)) {
        throw new NotMeasured("Maven was not done after " + BUILD_MAX.toMinutes() + " min");
      }
      if (maven.exitValue() != 0) {
        throw new NotMeasured("Maven could not build the KCL's consumer; it says why in " + log);
      }
    } catch (InterruptedException e) {
      throw new NotMeasured("Maven was interrupted", e);
    } finally {
      maven.destroyForcibly();
    }
  }

  private Path target(String name) {
    return home.resolve(MODULE).resolve("target").resolve(name);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new NotMeasured("the KCL's class path can't be read: " + e, e);
    }
  }
}
