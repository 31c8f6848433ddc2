package io.headrace.console;

import io.headrace.local.Fsync;
import io.headrace.local.LocalKinesis;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether and where the local Kinesis keeps its streams. */
final class DataOptions {
  private static final Map<String, Fsync> FSYNCS =
      Map.of("never", Fsync.NEVER, "second", Fsync.EVERY_SECOND, "always", Fsync.ALWAYS);

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Keeps Kinesis's streams in this folder (default: in memory).")
  private @Nullable Path folder;

  @Option(
      names = "--fsync",
      paramLabel = "never|second|always",
      description =
          "When the disk is asked to keep what was put: a put survives kill -9 with each of them, "
              + "this is about a loss of power (default: every second).")
  private @Nullable String fsync;

  /** Tells the builder what the options say. */
  LocalKinesis.Builder apply(LocalKinesis.Builder builder) {
    Fsync wanted = FSYNCS.get(fsync == null ? "second" : fsync);
    if (wanted == null) {
      throw new Complaint("--fsync \"" + fsync + "\": must be never, second or always");
    }
    if (folder != null) {
      return builder.data(folder).fsync(wanted);
    }
    if (fsync != null) {
      throw new Complaint("--fsync " + fsync + ": nothing is on a disk without --data DIR");
    }
    return builder;
  }

  /** What becomes of the data, for the user's eyes. */
  String sentence() {
    return folder == null
        ? "Data is in memory and gone when this ends. Ctrl-C ends it."
        : "Kinesis's data stays in "
            + folder.toAbsolutePath().normalize()
            + "; DynamoDB's is gone when this ends. Ctrl-C ends it.";
  }
}
