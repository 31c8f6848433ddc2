package io.headrace.bench.fanout;

import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.ConsumerSettings.Reading;
import io.headrace.bench.rig.Launch;
import java.util.ArrayList;
import java.util.List;

/** A consumer that is measured: always a process of its own, with the same options of the JVM. */
public enum Contestant {
  HEADRACE_FAN_OUT("headrace fan-out", Reading.FAN_OUT, Program.HEADRACE),
  KCL_FAN_OUT("kcl fan-out", Reading.FAN_OUT, Program.KCL),
  SDK_FAN_OUT("sdk fan-out", Reading.FAN_OUT, Program.SDK),
  HEADRACE_POLLING("headrace polling", Reading.POLLING, Program.HEADRACE),
  KCL_POLLING_OFTEN("kcl polling, 200 ms", Reading.POLLING_OFTEN, Program.KCL),
  KCL_POLLING("kcl polling, 1,500 ms", Reading.POLLING, Program.KCL);

  private enum Program {
    HEADRACE,
    KCL,
    SDK
  }

  private static final List<String> OPTIONS = List.of("-Xmx1g");

  private final String label;
  private final Reading reading;
  private final Program program;

  Contestant(String label, Reading reading, Program program) {
    this.label = label;
    this.reading = reading;
    this.program = program;
  }

  String label() {
    return label;
  }

  Reading reading() {
    return reading;
  }

  boolean isKcl() {
    return program == Program.KCL;
  }

  /** At its defaults the KCL reads a backlog at the pace of its idle time: no matter of cost. */
  boolean readsBacklog() {
    return this != KCL_POLLING;
  }

  Launch launch(KclProgram kcl, ConsumerSettings settings) {
    return switch (program) {
      case HEADRACE -> Launch.ours(label, HeadraceConsumer.class, options(), settings.command());
      case SDK -> Launch.ours(label, BareConsumer.class, options(), settings.command());
      case KCL -> kcl.launch(label, "KclConsumer", options(), settings.command());
    };
  }

  /** Those that are the same for all, and what the user of the benchmark adds. */
  private List<String> options() {
    List<String> options = new ArrayList<>(OPTIONS);
    String more = System.getProperty("headrace.bench.consumer.options", "");
    if (!more.isBlank()) {
      options.addAll(List.of(more.strip().replace("CONSUMER", name()).split("\\s+")));
    }
    return options;
  }
}
