package io.headrace.console;

import io.headrace.local.Limits;
import io.headrace.local.LocalKinesis;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much like the service's bad days the local Kinesis behaves. */
final class BehaviourOptions {
  @Option(
      names = "--limits",
      paramLabel = "off|on|FACTOR",
      description =
          "The service's limits on rates: off (the default), on, or a share of them such as 0.1.")
  private String limits = "off";

  @Option(
      names = "--faults",
      paramLabel = "FILE",
      description = "What goes wrong, as rules in JSON; see docs/local-kinesis.md.")
  private @Nullable Path faults;

  @Option(
      names = "--admin",
      description = "Lets anybody who reaches the port set faults at /_headrace/faults.")
  private boolean admin;

  /** Tells the builder what the options say. */
  LocalKinesis.Builder apply(LocalKinesis.Builder builder) {
    try {
      builder.limits(Limits.parse(limits)).admin(admin);
    } catch (IllegalArgumentException e) {
      throw new Complaint("--limits: " + e.getMessage(), e);
    }
    return faults == null ? builder : builder.faults(faults);
  }
}
