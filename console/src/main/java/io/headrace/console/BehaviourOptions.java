package io.headrace.console;

import io.headrace.local.Limits;
import io.headrace.local.LocalKinesis;
import picocli.CommandLine.Option;

/** How much like the service's bad days the local Kinesis behaves. */
final class BehaviourOptions {
  @Option(
      names = "--limits",
      paramLabel = "off|on|FACTOR",
      description =
          "The service's limits on rates: off (the default), on, or a share of them such as 0.1.")
  private String limits = "off";

  /** Tells the builder what the options say. */
  LocalKinesis.Builder apply(LocalKinesis.Builder builder) {
    try {
      return builder.limits(Limits.parse(limits));
    } catch (IllegalArgumentException e) {
      throw new Complaint("--limits: " + e.getMessage(), e);
    }
  }
}
