package io.headrace.bench.rig;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs of ours in JVMs of their own, so that none is warmed by another. */
public final class Jvm {
  private Jvm() {}

  public static List<String> command(Class<?> main, List<String> options, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }
}
