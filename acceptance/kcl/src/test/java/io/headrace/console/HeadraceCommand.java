package io.headrace.console;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What the {@code headrace} command printed and answered, run in this process. */
public record HeadraceCommand(int exitCode, String out, String err) {
  public static HeadraceCommand run(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int exitCode = Headrace.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new HeadraceCommand(exitCode, out.toString(), err.toString());
  }
}
