package io.headrace.console;

import io.headrace.function.LambdaHandlerException;
import io.headrace.function.settings.SettingsException;
import io.headrace.harness.LocalServerException;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.LeaseException;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.loop.Stages;
import io.headrace.local.LocalKinesisException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The {@code headrace} command. Exit codes: 0 done, 1 a promise or target was missed, 2 something
 * the user can mend (said in one sentence), 70 a fault in Headrace.
 */
@Command(
    name = "headrace",
    description = "Runs functions on streams, and loses nothing.",
    mixinStandardHelpOptions = true,
    versionProvider = Headrace.Version.class,
    subcommands = {
      DemoCommand.class,
      RunCommand.class,
      CheckCommand.class,
      LocalCommand.class,
      LeasesCommand.class,
      OrderCommands.Pause.class,
      OrderCommands.Resume.class,
      OrderCommands.Seek.class,
      OrderCommands.Skip.class,
      RedriveCommand.class,
      StateCommands.class,
      SnapshotCommand.class,
      ReplayCommand.class,
      CompareCommand.class,
      IamCommand.class,
      SimulateCommand.class,
      ImportKclCommand.class,
      ExportKclCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Headrace implements Runnable {
  static final int MISSED = 1;
  static final int USER_CAN_MEND = 2;
  static final int FAULT = 70;

  @Spec private @Nullable CommandSpec spec;

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(writer(System.out), writer(System.err), args));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  static int run(PrintWriter out, PrintWriter err, String... args) {
    return new CommandLine(new Headrace())
        .setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              command.getErr().println("headrace: " + sentence(failure));
              if (System.getenv("HEADRACE_DEBUG") != null) {
                failure.printStackTrace(command.getErr());
              }
              return isTheUsers(Stages.causeOf(failure)) ? USER_CAN_MEND : FAULT;
            })
        .execute(args);
  }

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  static String sentence(Throwable failure) {
    var cause = Stages.causeOf(failure);
    var message = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    return isTheUsers(cause)
        ? message
        : "a fault in Headrace: "
            + cause.getClass().getName()
            + ": "
            + message
            + " (set HEADRACE_DEBUG=1 to see where)";
  }

  private static boolean isTheUsers(Throwable cause) {
    return cause instanceof Complaint
        || cause instanceof SettingsException
        || cause instanceof LambdaHandlerException
        || cause instanceof LeaseException
        || cause instanceof CheckpointException
        || cause instanceof StreamException
        || cause instanceof LocalKinesisException
        || cause instanceof LocalServerException;
  }

  /** The version that the build wrote into the jar. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      var version = Headrace.class.getPackage().getImplementationVersion();
      return new String[] {"headrace " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
