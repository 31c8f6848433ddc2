package io.headrace.console;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What a command that ends by itself printed and answered, run in this process. */
record CommandRun(int exitCode, String out, String err) {
  static CommandRun of(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int exitCode = Headrace.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new CommandRun(exitCode, out.toString(), err.toString());
  }
}
