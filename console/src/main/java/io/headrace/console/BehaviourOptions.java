package io.headrace.console;

import io.headrace.local.Limits;
import io.headrace.local.LocalKinesis;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much like the service's bad days the local Kinesis behaves. */
final class BehaviourOptions {
  private static final String ACCOUNT = "000000000000";

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

  @Option(
      names = "--strict",
      description =
          "Verifies signatures, made with the AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of this"
              + " environment (and AWS_SESSION_TOKEN).")
  private boolean strict;

  boolean isStrict() {
    return strict;
  }

  /** Tells the builder what the options say. */
  LocalKinesis.Builder apply(LocalKinesis.Builder builder) {
    try {
      builder.limits(Limits.parse(limits)).admin(admin);
    } catch (IllegalArgumentException e) {
      throw new Complaint("--limits: " + e.getMessage(), e);
    }
    if (strict) {
      key(builder);
    }
    return faults == null ? builder : builder.faults(faults);
  }

  /** Says what is unlike a plain server, if anything is. */
  void print(PrintWriter out, LocalKinesis kinesis) {
    if (!limits.equals("off")) {
      out.println("limits     " + limits);
    }
    if (faults != null) {
      out.println(
          "faults     %d rules, seed %d"
              .formatted(kinesis.faults().list().size(), kinesis.faults().seed()));
    }
    if (admin) {
      out.println("admin      " + kinesis.endpoint() + "/_headrace/faults");
    }
  }

  private static void key(LocalKinesis.Builder builder) {
    var key = System.getenv("AWS_ACCESS_KEY_ID");
    var secret = System.getenv("AWS_SECRET_ACCESS_KEY");
    if (key == null || secret == null) {
      throw new Complaint(
          "--strict: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to what clients will sign"
              + " with");
    }
    var token = System.getenv("AWS_SESSION_TOKEN");
    try {
      if (token == null) {
        builder.credentials(key, secret);
      } else {
        builder.temporaryCredentials(key, secret, token, Instant.MAX, ACCOUNT);
      }
    } catch (IllegalArgumentException e) {
      throw new Complaint("--strict: " + e.getMessage(), e);
    }
  }
}
