package io.headrace.acceptance.kcl;

import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.harness.LocalAws;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A function that is handed over from the library and back, as its app.yaml names it. */
final class Moving {
  static final String STREAM = "moving";
  static final String APPLICATION = "moved";
  static final String STUCK = "stuck";

  /** What it has handled, in the order of its doing. */
  static final Collection<String> HANDLED = new ConcurrentLinkedQueue<>();

  private Moving() {}

  private static final class Texts implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(StandardCharsets.UTF_8);
    }
  }

  static FunctionSpec<String, String> spec() {
    return FunctionSpec.named("remember")
        .reading(Input.of(StreamSource.kinesis(STREAM), new Texts()))
        .handledBy(
            () -> (Event<String> event, Output<String> out) -> handle(event.value()),
            Destination.<String>nowhere());
  }

  private static void handle(String text) {
    if (text.equals(STUCK)) {
      throw new IllegalStateException("stuck");
    }
    HANDLED.add(text);
  }

  static FunctionRuntime.Running start(LocalAws aws) {
    return aws.runtime(APPLICATION)
        .leaseTime(Duration.ofSeconds(2))
        .committingEvery(Duration.ofMillis(200))
        .stoppingWithin(Duration.ofSeconds(2))
        .run(spec())
        .start();
  }

  static Path yaml(Path folder, LocalAws aws) throws IOException {
    return Files.writeString(
        folder.resolve("app.yaml"),
        """
        application: %s
        aws:
          kinesisEndpoint: %s
          dynamoDbEndpoint: %s
        leases: {leaseTime: 2s}
        functions:
          - class: %s
        """
            .formatted(
                APPLICATION,
                aws.kinesisEndpoint(),
                aws.dynamoDbEndpoint(),
                Moving.class.getName()));
  }
}
