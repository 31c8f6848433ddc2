package io.headrace.bench.windows;

import io.headrace.bench.consumer.HeadraceConsumer;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.DelaySum;
import io.headrace.bench.rig.Departure;
import io.headrace.bench.rig.Departures;
import io.headrace.bench.rig.WindowProgram;
import io.headrace.bench.rig.WindowResults;
import io.headrace.bench.rig.WindowSettings;
import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Output;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.time.Instant;

/** The windowed job as a function of ours, written as a user would, at the runtime's defaults. */
final class HeadraceWindows {
  private HeadraceWindows() {}

  /** Takes what {@link WindowSettings#command} writes. */
  public static void main(String[] args) {
    WindowProgram.run(args, HeadraceWindows::start);
  }

  /** Of the stream between the two parts of the job, where windows are keyed across shards. */
  static String throughStream(String application) {
    return application + "-through";
  }

  private static AutoCloseable start(WindowSettings settings, WindowResults results)
      throws IOException {
    return HeadraceConsumer.start(
        new ConsumerSettings(
            settings.servers().source(),
            settings.servers().dynamoDb(),
            settings.stream(),
            settings.application(),
            ConsumerSettings.Reading.POLLING,
            ConsumerSettings.Measuring.BACKLOG,
            settings.warmRecords(),
            settings.records(),
            0),
        FunctionSpec.named("delays")
            .reading(
                Input.of(StreamSource.kinesis(settings.stream()), new Departing())
                    .timedBy(departure -> Instant.ofEpochMilli(departure.millis()))
                    .endedBy(Departure::isEnd))
            .windowedBy(
                keys(settings),
                Windows.tumbling(Departures.DAY).waiting(Departures.WAIT),
                new Summed())
            .handledBy(() -> new Delays(results), Destination.<byte[]>nowhere()));
  }

  private static Keys<Departure> keys(WindowSettings settings) {
    return switch (settings.by()) {
      case ORIGIN -> Keys.partitionKey();
      case DESTINATION -> Keys.across(settings.by()::keyOf, throughStream(settings.application()));
    };
  }

  private record Delays(WindowResults results)
      implements WindowFunction<Departure, DelaySum, byte[]> {
    @Override
    public DelaySum empty() {
      return DelaySum.NONE;
    }

    @Override
    public DelaySum add(DelaySum sum, Event<Departure> event) {
      results.added();
      return sum.plus(event.value());
    }

    @Override
    public DelaySum merge(DelaySum left, DelaySum right) {
      return left.plus(right);
    }

    @Override
    public void close(Window window, DelaySum sum, Output<byte[]> out) {
      results.told(window.key(), window.start().toEpochMilli(), sum);
    }
  }

  private static final class Departing implements Codec<Departure> {
    @Override
    public Departure decode(byte[] bytes, int version) {
      return Departure.of(bytes);
    }

    @Override
    public byte[] encode(Departure departure) {
      return departure.bytes();
    }
  }

  private static final class Summed implements Codec<DelaySum> {
    @Override
    public DelaySum decode(byte[] bytes, int version) {
      return DelaySum.of(bytes);
    }

    @Override
    public byte[] encode(DelaySum sum) {
      return sum.bytes();
    }
  }
}
