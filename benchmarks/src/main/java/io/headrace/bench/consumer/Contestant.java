package io.headrace.bench.consumer;

import io.headrace.bench.local.Kinesalite;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.ConsumerSettings.Reading;
import io.headrace.bench.rig.Launch;
import java.util.ArrayList;
import java.util.List;

/** A consumer that is measured: always a process of its own, with the same options of the JVM. */
public enum Contestant {
  SDK_POLLING("sdk polling", Part.POLLING, Reading.POLLING, Program.SDK),
  SDK_POLLING_PACED(
      "sdk polling, five calls a second", Part.POLLING, Reading.POLLING_PACED, Program.SDK),
  HEADRACE_POLLING("headrace polling", Part.POLLING, Reading.POLLING, Program.HEADRACE),
  KCL_POLLING_OFTEN("kcl polling, tuned", Part.POLLING, Reading.POLLING_OFTEN, Program.KCL),
  KCL_POLLING("kcl polling, defaults", Part.POLLING, Reading.POLLING, Program.KCL),
  SDK_FAN_OUT("sdk fan-out", Part.FAN_OUT, Reading.FAN_OUT, Program.SDK),
  HEADRACE_FAN_OUT("headrace fan-out", Part.FAN_OUT, Reading.FAN_OUT, Program.HEADRACE),
  KCL_FAN_OUT("kcl fan-out", Part.FAN_OUT, Reading.FAN_OUT, Program.KCL),
  SDK_KEYED("plain loop, json and map", Part.KEYED, Reading.POLLING, Program.SDK_KEYED),
  HEADRACE_KEYED("headrace, json and state", Part.KEYED, Reading.POLLING, Program.HEADRACE_KEYED),
  SDK_KINESALITE("sdk polling, kinesalite", Part.KINESALITE, Reading.POLLING_HTTP1, Program.SDK),
  HEADRACE_KINESALITE(
      "headrace polling, kinesalite", Part.KINESALITE, Reading.POLLING_HTTP1, Program.HEADRACE),
  KCL_KINESALITE(
      "kcl polling, tuned, kinesalite", Part.KINESALITE, Reading.POLLING_HTTP1, Program.KCL);

  private enum Program {
    HEADRACE,
    HEADRACE_KEYED,
    KCL,
    SDK,
    SDK_KEYED
  }

  private static final List<String> OPTIONS = List.of("-Xmx1g");

  /** At its defaults the KCL reads a backlog at the pace of its idle time. */
  private static final int FEWER_WHEN_PACED = 5;

  private final String label;
  private final Part part;
  private final Reading reading;
  private final Program program;

  Contestant(String label, Part part, Reading reading, Program program) {
    this.label = label;
    this.part = part;
    this.reading = reading;
    this.program = program;
  }

  /** What it is called in reports. */
  public String label() {
    return label;
  }

  /** The part in which it reads a backlog. */
  Part part() {
    return part;
  }

  Reading reading() {
    return reading;
  }

  boolean isKcl() {
    return program == Program.KCL;
  }

  /** Whether it can tell how long a record took to it, from the local Kinesis. */
  boolean tellsLatency() {
    return part != Part.KINESALITE
        && (program == Program.HEADRACE || program == Program.KCL || this == SDK_FAN_OUT);
  }

  /** How much of a backlog it reads, of what the others read. */
  long share(long records) {
    return this == KCL_POLLING ? records / FEWER_WHEN_PACED : records;
  }

  Launch launch(KclProgram kcl, ConsumerSettings settings) {
    return switch (program) {
      case HEADRACE -> Launch.ours(label, HeadraceConsumer.class, options(), settings.command());
      case HEADRACE_KEYED ->
          Launch.ours(label, HeadraceTotals.class, options(), settings.command());
      case SDK -> Launch.ours(label, BareConsumer.class, options(), settings.command());
      case SDK_KEYED -> Launch.ours(label, BareTotals.class, options(), settings.command());
      case KCL -> kcl.launch(label, "KclConsumer", options(), settings.command());
    };
  }

  private List<String> options() {
    List<String> options = new ArrayList<>(OPTIONS);
    if (part == Part.KINESALITE) {
      options.add(Kinesalite.CLIENT_OPTION);
    }
    return Launch.options(options, name());
  }
}
