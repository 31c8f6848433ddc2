package io.headrace.console;

import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.kcl.StartingPosition;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/** What import and export tell people. */
final class KclReport {
  private KclReport() {}

  static AwsServices.Endpoints endpoints(Settings settings) {
    return new AwsServices.Endpoints(
        settings.aws().region(),
        settings.aws().kinesisEndpoint(),
        settings.aws().dynamoDbEndpoint());
  }

  /** One line for each shard, from one side to the other. */
  static void shards(PrintWriter out, List<Map<String, Object>> shards, String from, String to) {
    for (var shard : shards) {
      out.println(
          "%s %s/%s: %s -> %s"
              .formatted(
                  shard.get("function"),
                  shard.get("stream"),
                  shard.get("shard"),
                  shard.get(from),
                  shard.get(to)));
    }
  }

  static void notes(PrintWriter out, List<String> notes) {
    notes.forEach(note -> out.println("note: " + note));
  }

  static String words(StartingPosition from) {
    if (from instanceof StartingPosition.After after) {
      return "behind " + after.position();
    }
    return from instanceof StartingPosition.AtTimestamp at
        ? "records since " + at.time()
        : "its oldest record";
  }
}
