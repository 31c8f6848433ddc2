package io.headrace.bench.consumer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.LoadClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * The floor of a function with state: a loop of GetRecords, Jackson, and a map for each shard. It
 * keeps nothing: no progress, and no state beyond its process.
 */
final class BareTotals {
  private static final ObjectReader JSON = new ObjectMapper().readerFor(Purchase.class);

  private BareTotals() {}

  /** Takes what {@link ConsumerSettings#command} writes. */
  public static void main(String[] args) {
    ConsumerProgram.runDecoding(args, BareTotals::start);
  }

  private static AutoCloseable start(ConsumerSettings settings, LongConsumer arrived) {
    LoadClient client = LoadClient.http1(settings.kinesis());
    BarePages pages = BarePages.open(client, settings.stream(), () -> shard(arrived));
    return () -> {
      try (client) {
        pages.close();
      }
    };
  }

  private static Consumer<Record> shard(LongConsumer arrived) {
    Map<String, Purchase.Total> totals = new HashMap<>();
    return record -> {
      Purchase purchase = decode(record);
      totals.put(
          purchase.account(),
          totals.getOrDefault(purchase.account(), Purchase.Total.NONE).plus(purchase));
      arrived.accept(purchase.number());
    };
  }

  private static Purchase decode(Record record) {
    try {
      return JSON.readValue(record.data().asByteArrayUnsafe());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
