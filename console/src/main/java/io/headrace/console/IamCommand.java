package io.headrace.console;

import io.headrace.function.settings.Settings;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the rights that a worker needs on AWS; connects to nothing. */
@Command(
    name = "iam",
    mixinStandardHelpOptions = true,
    description = {
      "Prints the least IAM policy for a worker of an app.yaml, as JSON.",
      "Put your account (and region, unless the file names it) in for ACCOUNT and REGION."
    })
final class IamCommand implements Callable<Integer> {
  @Parameters(paramLabel = "app.yaml", description = "The settings file.")
  private @Nullable Path file;

  @Option(names = "--json", description = "In one line.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    var out = Objects.requireNonNull(spec).commandLine().getOut();
    var settings = Settings.read(Objects.requireNonNull(file));
    try (var application = Application.load(settings)) {
      var document = new IamPolicy(settings, application.functions()).document();
      out.println(json ? JsonLine.of(document) : JsonLine.pretty(document));
      return 0;
    }
  }
}
