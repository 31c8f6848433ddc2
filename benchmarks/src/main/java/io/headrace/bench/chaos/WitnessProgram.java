package io.headrace.bench.chaos;

import io.headrace.bench.rig.Pause;
import io.headrace.function.Codec;
import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.function.RetryPolicy;
import io.headrace.kcl.StreamSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A worker as a user would write it, whose function writes down what it is given. Ends in order
 * when its input ends.
 */
final class WitnessProgram {
  static final String APPLICATION = "chaos";
  static final String STREAM = "chaos-in";
  static final String OUTPUTS = "chaos-out";

  /** One call of so many takes long, one of so many fails: something is always under way. */
  private static final int SLOW_ONE_OF = 50;

  private static final int FAILING_ONE_OF = 200;
  private static final int SLOW_MILLIS = 120;

  private WitnessProgram() {}

  /** Takes what every {@link WorkerProcess} takes. */
  public static void main(String[] args) {
    WorkerProcess.main(args, WitnessProgram::run);
  }

  private static void run(WorkerProcess process) throws Exception {
    Path letters = Path.of(process.arguments().text("letters"));
    try (FunctionRuntime.Running running =
        process
            .runtime(APPLICATION)
            .deadLettersIn(DeadLetters.inFile(letters))
            .run(spec(process.diary()))
            .start()) {
      WorkerProcess.started(running);
      while (System.in.read() >= 0) {
        // Nothing is asked of it: the end of the input is all that it waits for.
      }
      process.stopping(running);
    }
  }

  /**
   * Parks no keys: a commit calls what is parked finished, and the judge can't know which records
   * those are. A key is parked here when outputs fail for so long, as on a machine with too much to
   * do; parked keys have a judge of their own ({@link LettersJudge}).
   */
  private static FunctionSpec<String, String> spec(Diary diary) {
    return FunctionSpec.named("witness")
        .reading(Input.of(StreamSource.kinesis(STREAM), new Text()))
        .retrying(RetryPolicy.forever().parkingNoKeys())
        .handledBy(
            () -> (event, out) -> handle(diary, event, out),
            Destination.stream(OUTPUTS, new Text(), text -> text.substring(0, text.indexOf(' '))));
  }

  private static void handle(Diary diary, Event<String> event, Output<String> out) {
    long begun = System.nanoTime();
    int chance = ThreadLocalRandom.current().nextInt(FAILING_ONE_OF);
    if (chance % SLOW_ONE_OF == 0) {
      Pause.millis(SLOW_MILLIS);
    }
    if (chance == 1) {
      throw new IllegalStateException("failing now and then");
    }
    out.send(event.value());
    diary.write(
        "done",
        "record",
        event.value(),
        "shard",
        event.id().shard(),
        "sequence",
        event.id().sequence(),
        "begun",
        begun,
        "done",
        System.nanoTime());
  }

  /** UTF-8. */
  private static final class Text implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(StandardCharsets.UTF_8);
    }
  }
}
