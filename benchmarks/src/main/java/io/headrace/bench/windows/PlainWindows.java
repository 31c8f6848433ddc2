package io.headrace.bench.windows;

import io.headrace.bench.consumer.BarePages;
import io.headrace.bench.rig.DelaySum;
import io.headrace.bench.rig.Departure;
import io.headrace.bench.rig.Departures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.WindowProgram;
import io.headrace.bench.rig.WindowResults;
import io.headrace.bench.rig.WindowSettings;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * The floor of the windowed job: a loop of GetRecords and maps. It keeps nothing, waits for no late
 * record and tells all windows at the end.
 */
final class PlainWindows {
  /** The sums by day and key. */
  private static final class Sums {
    private final Map<Long, Map<String, DelaySum>> days = new ConcurrentHashMap<>();

    void add(WindowSettings.By by, Departure departure) {
      days.computeIfAbsent(
              Departures.startOfDay(departure.millis()), day -> new ConcurrentHashMap<>())
          .merge(
              by.keyOf(departure),
              DelaySum.NONE.plus(departure),
              (sum, first) -> sum.plus(departure));
    }

    void tell(WindowResults results) {
      days.forEach((day, sums) -> sums.forEach((key, sum) -> results.told(key, day, sum)));
    }
  }

  private PlainWindows() {}

  /** Takes what {@link WindowSettings#command} writes. */
  public static void main(String[] args) {
    WindowProgram.run(args, PlainWindows::start);
  }

  private static AutoCloseable start(WindowSettings settings, WindowResults results) {
    LoadClient client = LoadClient.http1(settings.servers().source());
    Sums sums = new Sums();
    BarePages pages =
        BarePages.open(client, settings.stream(), () -> reader(settings.by(), sums, results));
    return () -> {
      try (client) {
        pages.close();
      }
    };
  }

  private static Consumer<Record> reader(WindowSettings.By by, Sums sums, WindowResults results) {
    return record -> {
      Departure departure = Departure.of(record.data().asByteArrayUnsafe());
      if (departure.isEnd()) {
        return;
      }
      sums.add(by, departure);
      results.added();
      if (results.allAdded()) {
        sums.tell(results);
      }
    };
  }
}
