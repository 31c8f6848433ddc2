package io.headrace.bench.local;

import io.headrace.bench.rig.NotMeasured;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The folder with the other servers, installed by npm in the versions of our lock file: {@code
 * peers} beside the benchmark's own jar.
 */
final class PeerFolder {
  private static final Duration INSTALL_MAX = Duration.ofMinutes(2);
  private static final List<String> FILES = List.of("package.json", "package-lock.json");

  private final Path folder;

  PeerFolder(Path folder) {
    this.folder = folder;
  }

  Path module(String name) {
    return folder.resolve("node_modules").resolve(name);
  }

  Path log(String server) {
    try {
      return Files.createDirectories(folder).resolve(server + ".log");
    } catch (IOException e) {
      throw new NotMeasured("the folder " + folder + " can't be made: " + e, e);
    }
  }

  /** Does nothing when they are there in these versions. Needs npm, and the registry it knows. */
  void install() {
    try {
      if (installed()) {
        return;
      }
      Files.createDirectories(folder);
      for (String file : FILES) {
        try (InputStream in = resource(file)) {
          Files.copy(in, folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      npm();
    } catch (IOException e) {
      throw new NotMeasured("the other servers can't be installed in " + folder + ": " + e, e);
    }
  }

  private boolean installed() throws IOException {
    Path mark = folder.resolve("node_modules").resolve(".package-lock.json");
    Path lock = folder.resolve("package-lock.json");
    if (!Files.exists(mark) || !Files.exists(lock)) {
      return false;
    }
    try (InputStream in = resource("package-lock.json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).equals(Files.readString(lock));
    }
  }

  private void npm() throws IOException {
    Path log = log("npm");
    Process npm =
        new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!npm.waitFor(INSTALL_MAX.toSeconds(), TimeUnit.SECONDS)) {
        throw new NotMeasured("npm was not done after " + INSTALL_MAX.toSeconds() + " s");
      }
      if (npm.exitValue() != 0) {
        throw new NotMeasured("npm could not install the other servers; it says why in " + log);
      }
    } catch (InterruptedException e) {
      throw new NotMeasured("npm was interrupted", e);
    } finally {
      npm.destroyForcibly();
    }
  }

  private static InputStream resource(String file) throws IOException {
    InputStream in = PeerFolder.class.getResourceAsStream("peers/" + file);
    if (in == null) {
      throw new IOException("peers/" + file + " is missing from the jar");
    }
    return in;
  }
}
