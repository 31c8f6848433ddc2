package io.headrace.function;

import io.headrace.kcl.Start;
import io.headrace.kcl.StreamSource;
import java.util.ArrayList;
import java.util.List;

/** One of the streams that a function reads, and what for. */
sealed interface Leg<I> {
  /** All of a function's: the inputs first. */
  static <I> List<Leg<I>> of(FunctionSpec<I, ?> spec) {
    var legs = new ArrayList<Leg<I>>();
    var through = spec.throughStream();
    for (var input : spec.inputs()) {
      legs.add(through.isEmpty() ? new Whole<>(spec, input) : new Sending<>(spec, input));
    }
    through.ifPresent(stream -> legs.add(new Receiving<>(spec, stream)));
    return List.copyOf(legs);
  }

  FunctionSpec<I, ?> spec();

  StreamSource source();

  /** Where it begins on a stream that it never read. */
  Start start();

  /** Under which its progress is kept. */
  default String handler() {
    return spec().handlerName(source().name());
  }

  /** An input whose records the function handles where they lie. */
  record Whole<I>(FunctionSpec<I, ?> spec, Input<? extends I> input) implements Leg<I> {
    @Override
    public StreamSource source() {
      return input.source();
    }

    @Override
    public Start start() {
      return input.start();
    }
  }

  /** The first stage of a function that is keyed across shards: carries an input's records on. */
  record Sending<I>(FunctionSpec<I, ?> spec, Input<? extends I> input) implements Leg<I> {
    @Override
    public StreamSource source() {
      return input.source();
    }

    @Override
    public Start start() {
      return input.start();
    }
  }

  /** The second stage: handles what was carried on, all of it. */
  record Receiving<I>(FunctionSpec<I, ?> spec, StreamSource source) implements Leg<I> {
    @Override
    public Start start() {
      return Start.HORIZON;
    }
  }
}
