package io.headrace.console;

import io.headrace.function.Operations;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What all orders of an operator have in common. */
final class OrderOptions {
  @Parameters(paramLabel = "app.yaml", description = "The settings file of the application.")
  private @Nullable Path file;

  @Option(names = "--function", required = true, description = "Its name, as `leases` shows it.")
  private @Nullable String function;

  @Option(names = "--shard", description = "Only in this shard; all shards unless given.")
  private @Nullable String shard;

  @Option(
      names = "--reason",
      required = true,
      description = "Why, for whoever looks later; it is kept and shown by `leases`.")
  private @Nullable String reason;

  @Option(names = "--by", description = "Who; your user name and machine unless given.")
  private @Nullable String by;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  Path file() {
    return Objects.requireNonNull(file);
  }

  Operations.Target target(@Nullable String key) {
    return new Operations.Target(
        Objects.requireNonNull(function), Optional.ofNullable(shard), Optional.ofNullable(key));
  }

  /** Where a shard makes no sense. */
  Operations.Target wholeFunction(String command) {
    if (shard != null) {
      throw new Complaint(command + ": --shard " + shard + ": is about all shards; leave it away");
    }
    return target(null);
  }

  String reason() {
    return Objects.requireNonNull(reason);
  }

  String by() {
    if (by != null) {
      return by;
    }
    var machine = System.getenv("HOSTNAME");
    return System.getProperty("user.name") + (machine == null ? "" : "@" + machine);
  }

  boolean json() {
    return json;
  }
}
