package io.headrace.harness;

import io.headrace.function.Codec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Keeps yesterday's state readable: compares what a codec writes and reads with files that were
 * written by it and by the versions before, and that lie beside the tests in version control.
 *
 * <pre>{@code
 * StateCompatibility.of(Json.of(Card.class).version(2), Path.of("src/test/state/card"))
 *     .sample("new device", new Card(NOON, Optional.of("p1")))
 *     .upgraded(1, "new device", new Card(NOON, Optional.empty()))
 *     .check();
 * }</pre>
 *
 * <p>The folder has one for each version ({@code v1}, {@code v2}), with a file for each sample. Run
 * with {@code -Dheadrace.state.write=true}, {@link #check} adds the files of the present version
 * that are missing; it never changes one that is there. Needs values with {@code equals}.
 *
 * <p>For one thread; used once.
 */
public final class StateCompatibility<S> {
  /** The system property that has missing files written. */
  public static final String WRITE = "headrace.state.write";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}");
  private static final Pattern VERSION = Pattern.compile("v([1-9][0-9]{0,8})");

  private final Codec<S> codec;
  private final Path folder;
  private final Map<String, S> samples = new LinkedHashMap<>();
  private final Map<Integer, Map<String, S>> upgraded = new TreeMap<>();

  private StateCompatibility(Codec<S> codec, Path folder) {
    this.codec = Objects.requireNonNull(codec, "codec");
    this.folder = Objects.requireNonNull(folder, "folder");
  }

  /**
   * @param folder of the files; seen from where the tests run, which with Maven is the module
   */
  public static <S> StateCompatibility<S> of(Codec<S> codec, Path folder) {
    return new StateCompatibility<>(codec, folder);
  }

  /**
   * A value that the present version writes.
   *
   * @param name of its file: letters, digits, spaces, dots, hyphens
   */
  public StateCompatibility<S> sample(String name, S value) {
    put(samples, name, value);
    return this;
  }

  /**
   * What an older version's file has to be read as; the others only have to be readable.
   *
   * @param version older than the present one
   */
  public StateCompatibility<S> upgraded(int version, String name, S value) {
    if (version >= codec.version()) {
      throw new IllegalArgumentException(
          "version " + version + ": is not older than the codec's, " + codec.version());
    }
    put(upgraded.computeIfAbsent(version, added -> new LinkedHashMap<>()), name, value);
    return this;
  }

  /**
   * Compares.
   *
   * @throws AssertionError for the first file that is missing, is written otherwise or read
   *     otherwise; it names the file and says what to do
   */
  public void check() {
    if (samples.isEmpty()) {
      throw new IllegalStateException("there is nothing to check: add sample(name, value)");
    }
    samples.forEach(this::checkSample);
    olderVersions().forEach(this::checkOlder);
    upgraded.forEach(
        (version, named) ->
            named.forEach(
                (name, value) -> {
                  var file = file(version, name);
                  if (!Files.exists(file)) {
                    throw new AssertionError(file + ": is missing, and upgraded() names it");
                  }
                }));
  }

  private void checkSample(String name, S value) {
    var file = file(codec.version(), name);
    byte[] bytes = encoded(file, value);
    expect(file, value, read(file, bytes, codec.version()), "what is written");
    if (!Files.exists(file)) {
      if (!Boolean.getBoolean(WRITE)) {
        throw new AssertionError(
            file
                + ": is missing; -D"
                + WRITE
                + "=true writes it, to be kept in version control for ever");
      }
      write(file, bytes);
    }
    byte[] kept = bytesOf(file);
    expect(file, value, read(file, kept, codec.version()), "the file");
    if (!Arrays.equals(kept, bytes)) {
      throw new AssertionError(
          file
              + ": version "
              + codec.version()
              + " is written otherwise than when the file was made, and workers of the former"
              + " deployment read what this one writes: raise the version, and read the old one by"
              + " an upgrade step");
    }
    for (int older = codec.oldestWritten(); older < codec.version(); older++) {
      // What comes back has lost what the older version has no place for.
      var unused = read(file, encoded(file, value, older), older);
    }
  }

  private void checkOlder(int version, Path versionFolder) {
    var expected = upgraded.getOrDefault(version, Map.of());
    for (var file : list(versionFolder)) {
      var value = read(file, bytesOf(file), version);
      var wanted = expected.get(file.getFileName().toString());
      if (wanted != null) {
        expect(file, wanted, value, "the file");
      }
    }
  }

  private Map<Integer, Path> olderVersions() {
    var found = new TreeMap<Integer, Path>();
    if (!Files.isDirectory(folder)) {
      return found;
    }
    for (var each : list(folder)) {
      var version = VERSION.matcher(each.getFileName().toString());
      if (!version.matches()) {
        throw new AssertionError(each + ": is none of this folder's, which has v1, v2, ...");
      }
      int number = Integer.parseInt(version.group(1));
      if (number > codec.version()) {
        throw new AssertionError(
            each + ": a newer version wrote it than the codec's, " + codec.version());
      }
      if (number < codec.version()) {
        found.put(number, each);
      }
    }
    return found;
  }

  private void expect(Path file, S expected, S actual, String what) {
    if (!expected.equals(actual)) {
      throw new AssertionError(
          file + ": " + what + " is read as <" + actual + ">, and has to be <" + expected + ">");
    }
  }

  private S read(Path file, byte[] bytes, int version) {
    try {
      return Objects.requireNonNull(codec.decode(bytes, version), "it answered null");
    } catch (Exception thrown) {
      throw new AssertionError(
          file
              + ": the codec, of version "
              + codec.version()
              + ", can't read version "
              + version
              + ": "
              + thrown.getMessage(),
          thrown);
    }
  }

  private byte[] encoded(Path file, S value) {
    return encoded(file, value, codec.version());
  }

  private byte[] encoded(Path file, S value, int version) {
    try {
      return codec.encode(value, version);
    } catch (Exception thrown) {
      throw new AssertionError(
          file + ": can't be written as version " + version + ": " + thrown.getMessage(), thrown);
    }
  }

  private Path file(int version, String name) {
    return folder.resolve("v" + version).resolve(name);
  }

  private void put(Map<String, S> values, String name, S value) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("name \"" + name + "\": must match " + NAME);
    }
    if (values.put(name, Objects.requireNonNull(value, name)) != null) {
      throw new IllegalArgumentException("name \"" + name + "\": is there already");
    }
  }

  private static List<Path> list(Path folder) {
    try (var files = Files.list(folder)) {
      return files.filter(file -> !file.getFileName().toString().startsWith(".")).sorted().toList();
    } catch (IOException wrong) {
      throw new UncheckedIOException(wrong);
    }
  }

  private static byte[] bytesOf(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException wrong) {
      throw new UncheckedIOException(wrong);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
    } catch (IOException wrong) {
      throw new UncheckedIOException(wrong);
    }
  }
}
