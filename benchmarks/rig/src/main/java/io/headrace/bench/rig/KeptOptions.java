package io.headrace.bench.rig;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Of a benchmark that writes down what it sees, and is judged by it. Mixed in by picocli. */
public final class KeptOptions extends ReportOptions {
  /** Measures, and writes down what it sees in a folder. */
  @FunctionalInterface
  public interface RunInFolder {
    Findings findings(Path folder) throws IOException, InterruptedException;
  }

  @Option(
      names = "--keep",
      paramLabel = "FOLDER",
      description = "Leaves what was written down in an empty or new folder.")
  private @Nullable Path keep;

  /**
   * Runs as {@link #tell(Run)} does.
   *
   * @param prefix of the folder's name where it does not stay
   */
  public int tell(String prefix, RunInFolder run) throws IOException, InterruptedException {
    return tell(
        () -> {
          try (RunFolder folder = RunFolder.of(keep, prefix)) {
            return run.findings(folder.path());
          }
        });
  }
}
