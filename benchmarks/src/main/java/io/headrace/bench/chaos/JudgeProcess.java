package io.headrace.bench.chaos;

import io.headrace.bench.rig.Jvm;
import io.headrace.bench.rig.NotMeasured;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A judge is a process of its own, which sees the folder of a run and nothing else. */
final class JudgeProcess {
  private JudgeProcess() {}

  /**
   * Has a folder judged; answers the line that the judge prints.
   *
   * @param heap as {@code -Xmx} has it
   */
  static String verdict(Class<?> judge, String heap, Path folder, Path logs)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(Jvm.command(judge, List.of("-Xmx" + heap), List.of(folder.toString())))
            .redirectError(logs.resolve("judge.log").toFile())
            .start();
    String verdict = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new NotMeasured(
          "the judge ended with " + process.exitValue() + ": " + logs + "/judge.log");
    }
    return verdict.strip();
  }
}
