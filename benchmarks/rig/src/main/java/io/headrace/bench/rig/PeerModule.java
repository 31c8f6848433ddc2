package io.headrace.bench.rig;

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
 * A module of programs that are measured beside ours, which Maven builds when it is missing or
 * older than its sources. Its libraries stay out of our class path. Confined to the thread of the
 * benchmark.
 */
public final class PeerModule {
  private static final Duration BUILD_MAX = Duration.ofMinutes(15);
  private static final String CLASS_PATH = "classpath.txt";

  private final Path home;
  private final Kind kind;

  /**
   * Which.
   *
   * @param folder of the module, from the topmost pom.xml
   * @param profiles of Maven with which it is built
   * @param mainPackage what its programs lie in, with a dot at its end
   * @param jar the name of the library, as that of its jar begins
   * @param uses the folders of our modules that it is built with
   */
  public record Kind(
      String folder, String profiles, String mainPackage, String jar, List<String> uses) {
    /** One that uses the rig and nothing else of ours. */
    public Kind(String folder, String profiles, String mainPackage, String jar) {
      this(folder, profiles, mainPackage, jar, List.of("benchmarks/rig"));
    }
  }

  /**
   * Finds it in a checkout.
   *
   * @param home the folder of the topmost pom.xml
   */
  public PeerModule(Path home, Kind kind) {
    this.home = home;
    this.kind = kind;
  }

  /**
   * How one of its programs is started.
   *
   * @param main the simple name of its class
   * @param options of its JVM
   */
  public Launch launch(String label, String main, List<String> options, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add("-cp");
    command.add(target("classes") + ":" + text(target(CLASS_PATH)));
    command.add(kind.mainPackage() + main);
    command.addAll(arguments);
    return new Launch(label, command, home, Map.of(), true);
  }

  /** The library's version, by the name of its jar. */
  public String version() {
    Path classPath = target(CLASS_PATH);
    Matcher jar =
        Pattern.compile("/" + Pattern.quote(kind.jar()) + "-([0-9][0-9.]*[0-9])\\.jar")
            .matcher(Files.exists(classPath) ? text(classPath) : "");
    return jar.find() ? jar.group(1) : "not there";
  }

  /** Does nothing when it is there and newer than its sources. */
  public void build() {
    try {
      if (Files.exists(target(CLASS_PATH))
          && !newer(Files.getLastModifiedTime(target(CLASS_PATH)))) {
        return;
      }
      maven();
    } catch (IOException e) {
      throw new NotMeasured(kind.folder() + " can't be built in " + home + ": " + e, e);
    }
  }

  private boolean newer(FileTime built) throws IOException {
    List<String> sources = new ArrayList<>();
    for (String module : Stream.concat(Stream.of(kind.folder()), kind.uses().stream()).toList()) {
      sources.add(module + "/src/main");
      sources.add(module + "/pom.xml");
    }
    for (String source : sources) {
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
        new ProcessBuilder(
                "mvn", "-q", "-B", "-P" + kind.profiles(), "-pl", kind.folder(), "-am", "package")
            .directory(home.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!maven.waitFor(BUILD_MAX.toSeconds(), TimeUnit.SECONDS)) {
        throw new NotMeasured("Maven was not done after " + BUILD_MAX.toMinutes() + " min");
      }
      if (maven.exitValue() != 0) {
        throw new NotMeasured("Maven could not build " + kind.folder() + "; it says why in " + log);
      }
    } catch (InterruptedException e) {
      throw new NotMeasured("Maven was interrupted", e);
    } finally {
      maven.destroyForcibly();
    }
  }

  private Path target(String name) {
    return home.resolve(kind.folder()).resolve("target").resolve(name);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new NotMeasured("the class path in " + file + " can't be read: " + e, e);
    }
  }
}
