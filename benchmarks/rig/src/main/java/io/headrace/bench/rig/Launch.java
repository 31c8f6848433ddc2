package io.headrace.bench.rig;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a program is started.
 *
 * @param label what it is called in reports, and its log
 * @param command its command line
 * @param folder its working directory
 * @param environment what its environment has beside ours
 * @param answers whether it reads commands from its input and answers them, as programs of ours do
 */
public record Launch(
    String label,
    List<String> command,
    Path folder,
    Map<String, String> environment,
    boolean answers) {
  /**
   * What the user of a benchmark adds to the options of the programs it compares, as to profile
   * them.
   */
  private static final String MORE = "headrace.bench.options";

  /**
   * The options of a program's JVM: those that are the same for all, and what the user of the
   * benchmark adds.
   *
   * @param program which one it is; the user's {@code PROGRAM} stands for it
   */
  public static List<String> options(List<String> all, String program) {
    List<String> options = new ArrayList<>(all);
    String more = System.getProperty(MORE, "");
    if (!more.isBlank()) {
      options.addAll(List.of(more.strip().replace("PROGRAM", program).split("\\s+")));
    }
    return options;
  }

  /** A program of ours, in a JVM of its own. */
  public static Launch ours(
      String label, Class<?> main, List<String> options, List<String> arguments) {
    return new Launch(label, Jvm.command(main, options, arguments), Path.of("."), Map.of(), true);
  }
}
