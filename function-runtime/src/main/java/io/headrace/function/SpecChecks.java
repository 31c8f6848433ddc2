package io.headrace.function;

import io.headrace.kcl.StreamSource;

/** What of a specification does not go together: refused where it is made. */
final class SpecChecks {
  private SpecChecks() {}

  /**
   * @throws IllegalArgumentException that names function, option and value
   */
  static <I, O> void check(FunctionSpec<I, O> spec) {
    var name = spec.name();
    var kind = spec.kind();
    var settings = spec.settings();
    settings.delivery().check(name, kind);
    if (spec.isStateful() && spec.inputs().size() > 1 && spec.throughStream().isEmpty()) {
      throw FunctionSpec.refused(
          name,
          "reading",
          spec.inputs().size() + " inputs",
          "records of one key lie in shards of several streams, so state would be partial;"
              + " key it by Keys.across(...), or read one stream");
    }
    if (settings.retry().keysWait()
        && !(kind instanceof FunctionKind.Plain
            || kind instanceof FunctionKind.Async
            || kind instanceof FunctionKind.KeyedState
            || kind instanceof FunctionKind.AsyncKeyedState)) {
      throw FunctionSpec.refused(
          name,
          "thenLaterRecordsOfTheKey",
          "WAIT_FOR_REDRIVE",
          kind instanceof FunctionKind.Windowing
              ? "windows would close over the records that wait; let the key go on"
              : "a batch function is not asked record by record; let the key go on");
    }
    if (kind.keys() == null) {
      for (var input : spec.inputs()) {
        var idle = input.idle();
        if (idle != null) {
          throw FunctionSpec.refused(
              name,
              "idleAfter",
              idle.toString(),
              "moves event time, and only functions by key and with windows have one; leave it"
                  + " out");
        }
      }
    }
    if (kind instanceof FunctionKind.Windowing<I, ?, O> windowing) {
      var late = windowing.windows().side();
      if (late != null && !settings.sides().containsKey(late)) {
        throw FunctionSpec.refused(
            name, "lateTo", "side " + late.name(), "has no destination; add sendingSide(...)");
      }
    }
    if (kind instanceof FunctionKind.Lambda && !settings.broadcasts().isEmpty()) {
      throw FunctionSpec.refused(
          name,
          "withBroadcast",
          settings.broadcasts().get(0).source().name(),
          "a Lambda handler has no event to ask; leave it out");
    }
    settings
        .sorted()
        .filter(wait -> spec.throughStream().isEmpty() || spec.isWindowed())
        .ifPresent(
            wait -> {
              throw FunctionSpec.refused(
                  name,
                  "sortedWithin",
                  wait.toString(),
                  "is for keyed functions by Keys.across(...): only there do records of several"
                      + " inputs come together, and windows take them in any order");
            });
    spec.throughStream().ifPresent(through -> checkThrough(spec, through));
  }

  /** Nothing but the function itself may write to the stream, or envelopes would be missing. */
  private static void checkThrough(FunctionSpec<?, ?> spec, StreamSource through) {
    for (var input : spec.inputs()) {
      var idle = input.idle();
      if (idle != null) {
        throw FunctionSpec.refused(
            spec.name(),
            "idleAfter",
            idle.toString(),
            "with Keys.across a silent shard holds up no other by itself, and event time is told"
                + " by those that are not; leave it out");
      }
      if (input.source().name().equals(through.name())) {
        throw FunctionSpec.refused(
            spec.name(),
            "Keys.across",
            through.name(),
            "the stream is an input of the function; give it one of its own");
      }
      if (!input.source().service().equals(through.service())) {
        throw FunctionSpec.refused(
            spec.name(),
            "reading",
            input.source().toString(),
            "inputs that are keyed across one stream belong to one service");
      }
    }
    if (spec.streamsSentTo().contains(through.name())) {
      throw FunctionSpec.refused(
          spec.name(),
          "Keys.across",
          through.name(),
          "the function writes outputs or dead letters to the stream; give it one of its own");
    }
  }
}
