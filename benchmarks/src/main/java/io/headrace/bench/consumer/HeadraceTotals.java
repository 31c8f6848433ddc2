package io.headrace.bench.consumer;

import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.util.function.LongConsumer;

/** Ours with state: a total for each account, which is committed as any state is. */
final class HeadraceTotals {
  private HeadraceTotals() {}

  /** Takes what {@link ConsumerSettings#command} writes. */
  public static void main(String[] args) {
    ConsumerProgram.runDecoding(args, HeadraceTotals::start);
  }

  private static AutoCloseable start(ConsumerSettings settings, LongConsumer arrived)
      throws IOException {
    return HeadraceConsumer.start(
        settings,
        FunctionSpec.named("totals")
            .reading(Input.of(StreamSource.kinesis(settings.stream()), Json.of(Purchase.class)))
            .keyedBy(Keys.partitionKey(), Json.of(Purchase.Total.class))
            .handledBy(() -> new Totals(arrived), Destination.<byte[]>nowhere()));
  }

  private record Totals(LongConsumer arrived)
      implements KeyedFunction<Purchase, Purchase.Total, byte[]> {
    @Override
    public Purchase.Total initial(String key) {
      return Purchase.Total.NONE;
    }

    @Override
    public Next<Purchase.Total> handle(
        Purchase.Total total, Event<Purchase> event, Output<byte[]> out) {
      arrived.accept(event.value().number());
      return Next.state(total.plus(event.value()));
    }
  }
}
