package io.headrace.bench.fleet;

import io.headrace.bench.rig.NotMeasured;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.function.FunctionRuntime;
import io.headrace.kcl.ShardId;
import io.headrace.lease.LeaseTable;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Tells whether an earlier result still says something: it changes with the classes of ours that a
 * worker runs, with the version of the KCL, and with the settings of a scenario.
 */
final class Fingerprint {
  /** One class of each module that a worker of ours runs. */
  private static final List<Class<?>> MODULES =
      List.of(ShardId.class, LeaseTable.class, CheckpointStore.class, FunctionRuntime.class);

  private final String ours;
  private final String kcl;

  private Fingerprint(String ours, String kcl) {
    this.ours = ours;
    this.kcl = kcl;
  }

  /**
   * Of what is on the class path, and of a version of the KCL.
   *
   * @param kclVersion by the name of its jar
   */
  static Fingerprint of(String kclVersion) {
    CRC32 sum = new CRC32();
    MODULES.forEach(module -> add(sum, place(module)));
    return new Fingerprint("%08x".formatted(sum.getValue()), "kcl-" + kclVersion);
  }

  String of(Side side, Scenario scenario) {
    CRC32 sum = new CRC32();
    sum.update((scenario.settings() + " " + side).getBytes(StandardCharsets.UTF_8));
    return "%s/%08x".formatted(side.isKcl() ? kcl : ours, sum.getValue());
  }

  private static Path place(Class<?> of) {
    try {
      return Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The classes in a jar or a folder; a jar's own bytes change with each build. */
  private static void add(CRC32 sum, Path place) {
    try {
      if (Files.isDirectory(place)) {
        addFolder(sum, place);
        return;
      }
      try (FileSystem jar = FileSystems.newFileSystem(place)) {
        addFolder(sum, jar.getPath("/"));
      }
    } catch (IOException e) {
      throw new NotMeasured("the classes in " + place + " can't be read: " + e, e);
    }
  }

  private static void addFolder(CRC32 sum, Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> classes =
          files.filter(file -> file.toString().endsWith(".class")).sorted().toList();
      for (Path file : classes) {
        sum.update(folder.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
        sum.update(Files.readAllBytes(file));
      }
    }
  }
}
