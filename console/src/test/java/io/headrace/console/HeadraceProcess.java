package io.headrace.console;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command in a process of its own, as a user runs it, so that it can be signalled. */
final class HeadraceProcess implements AutoCloseable {
  /**
   * In which a process that was signalled ends. Its own limits, which ShutdownSignal keeps, are 3
   * to 6 s; what it does within them shows in what it leaves. The rest is for machines that are
   * busy.
   */
  private static final int END_SECONDS_MAX = 60;

  private final Process process;
  private final BufferedReader out;

  private HeadraceProcess(Process process) {
    this.process = process;
    this.out = process.inputReader();
  }

  static HeadraceProcess start(Path folder, String... args) throws IOException {
    return start(folder, ProcessBuilder.Redirect.INHERIT, args);
  }

  /** With what it tells of its work kept in a file. */
  static HeadraceProcess start(Path folder, ProcessBuilder.Redirect errors, String... args)
      throws IOException {
    var command = new ArrayList<>(listeningToInterrupts());
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    // Half the work of a virtual machine that lives for seconds is to compile what it runs.
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Headrace.class.getName());
    command.addAll(List.of(args));
    return new HeadraceProcess(
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(errors).start());
  }

  /** The next line that it prints; blocks until there is one. */
  String line() throws IOException {
    var line = out.readLine();
    if (line == null) {
      throw new AssertionError("the command ended without another line");
    }
    return line;
  }

  /** Everything that it prints until it ends. */
  List<String> rest() throws IOException {
    var lines = new ArrayList<String>();
    for (var line = out.readLine(); line != null; line = out.readLine()) {
      lines.add(line);
    }
    return lines;
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** SIGINT, as Ctrl-C sends it. */
  void interrupt() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
  }

  // A build that a shell started in the background ignores SIGINT, and so would every child of it.
  private static List<String> listeningToInterrupts() throws IOException {
    var prefix = List.of("env", "--default-signal=INT");
    var trial = new ArrayList<>(prefix);
    trial.add("true");
    boolean isThere =
        new ProcessBuilder(trial)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .onExit()
                .join()
                .exitValue()
            == 0;
    return isThere ? prefix : List.of();
  }

  /** Of a process that was signalled, or has no more to say. */
  int exitCode() throws InterruptedException {
    return exitCode(END_SECONDS_MAX);
  }

  int exitCode(long seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("the command is still running after " + seconds + " s");
    }
    return process.exitValue();
  }

  /** Kills it where it runs. Once it is gone, so is its hold on its folder and its ports. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
