package io.headrace.acceptance.sdk;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** {@code ./headrace local} in a process of its own, on free ports. One thread calls. */
public final class LocalProcess implements AutoCloseable {
  /** Who its clients are, as the AWS SDKs read it from the environment. */
  static final Map<String, String> CREDENTIALS =
      Map.of("AWS_ACCESS_KEY_ID", "any", "AWS_SECRET_ACCESS_KEY", "any");

  private static final int STOP_SECONDS_MAX = 60;

  private final Process process;
  private final String line;

  private LocalProcess(Process process, String line) {
    this.process = process;
    this.line = line;
  }

  /** Starts what the script starts once it has built everything, as this build has. */
  public static LocalProcess start(String... options) throws IOException {
    var jar = Path.of(System.getProperty("headrace.jar"));
    if (!Files.exists(jar)) {
      throw new AssertionError(jar + " is not built; run mvn verify -Pacceptance in the root");
    }
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-jar", jar.toString(), "local", "--json"));
    command.addAll(List.of(options));
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    // Whom --strict takes; without it anybody is taken.
    builder.environment().putAll(CREDENTIALS);
    var process = builder.start();
    // Closed with the process: closing it here would make its next line fail.
    BufferedReader out = process.inputReader();
    var line = out.readLine();
    if (line == null) {
      throw new AssertionError(String.join(" ", command) + " ended without a word");
    }
    return new LocalProcess(process, line);
  }

  public URI kinesis() {
    return URI.create(told("kinesis"));
  }

  public URI dynamoDb() {
    return URI.create(told("dynamoDb"));
  }

  /** What clients must trust when it was started with {@code --tls}, as PEM. */
  public Path certificate() {
    return Path.of(told("certificate"));
  }

  /** The same as a store for a JVM. */
  public Path trustStore() {
    return Path.of(told("trustStore"));
  }

  private String told(String name) {
    var found = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(line);
    if (!found.find()) {
      throw new AssertionError("no " + name + " in " + line);
    }
    return found.group(1);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new AssertionError("headrace local still runs, told to stop");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }
}
