package io.headrace.bench.kafka;

import io.headrace.bench.rig.DelaySum;
import io.headrace.bench.rig.Departure;
import io.headrace.bench.rig.Departures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.WindowProgram;
import io.headrace.bench.rig.WindowResults;
import io.headrace.bench.rig.WindowSettings;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The windowed job: a window store as it is by default, exactly once, commits as often as a
 * function of ours does, as many threads as there are cores.
 *
 * <p>Its clock in event time is the highest time that it has seen, of all partitions together, so
 * windows that are not keyed as the topic is have to wait for the whole span of the input; and what
 * ends the input is put by this program itself, when all was summed up.
 */
public final class KafkaStreamsWindows {
  private static final Duration COMMITS = Duration.ofSeconds(5);
  private static final Duration RUNNING_MAX = Duration.ofSeconds(60);
  private static final Duration STOP_MAX = Duration.ofSeconds(10);
  private static final String END = "END-";

  /** So many different keys reach each partition of the topic between the two parts of the job. */
  private static final int ENDS = 64;

  private static final int LOOK_MILLIS = 20;

  private static final Serde<Departure> DEPARTURES =
      Serdes.serdeFrom((topic, departure) -> departure.bytes(), (topic, bytes) -> decoded(bytes));
  private static final Serde<DelaySum> SUMS =
      Serdes.serdeFrom((topic, sum) -> sum == null ? null : sum.bytes(), KafkaStreamsWindows::sum);

  private KafkaStreamsWindows() {}

  /** Takes what {@link WindowSettings#command} writes. */
  public static void main(String[] args) {
    WindowProgram.run(args, KafkaStreamsWindows::start);
  }

  private static Departure decoded(byte[] bytes) {
    return bytes == null ? null : Departure.of(bytes);
  }

  private static DelaySum sum(String topic, byte[] bytes) {
    return bytes == null ? null : DelaySum.of(bytes);
  }

  private static AutoCloseable start(WindowSettings settings, WindowResults results) {
    KafkaStreams streams = new KafkaStreams(topology(settings, results), properties(settings));
    streams.start();
    long end = System.nanoTime() + RUNNING_MAX.toNanos();
    while (streams.state() != KafkaStreams.State.RUNNING) {
      if (System.nanoTime() > end) {
        streams.close(STOP_MAX);
        throw new NotMeasured("Kafka Streams was " + streams.state() + " after a minute");
      }
      Pause.millis(LOOK_MILLIS);
    }
    Thread ends = new Thread(() -> putEnds(settings, results), "ends");
    ends.setDaemon(true);
    ends.start();
    return () -> streams.close(STOP_MAX);
  }

  private static void putEnds(WindowSettings settings, WindowResults results) {
    while (!results.allAdded()) {
      Pause.millis(LOOK_MILLIS);
    }
    try (KafkaProducer<String, byte[]> producer = KafkaBroker.producer(settings.sourceAddress())) {
      KafkaBroker.putEnds(producer, settings.stream(), LoadClient.SHARDS);
    }
  }

  private static Properties properties(WindowSettings settings) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, settings.application());
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, settings.sourceAddress());
    properties.put(StreamsConfig.STATE_DIR_CONFIG, settings.folder().toString());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMITS.toMillis());
    properties.put(
        StreamsConfig.NUM_STREAM_THREADS_CONFIG, Runtime.getRuntime().availableProcessors());
    return properties;
  }

  private static Topology topology(WindowSettings settings, WindowResults results) {
    StreamsBuilder builder = new StreamsBuilder();
    KStream<String, Departure> departures =
        builder.stream(
                settings.stream(),
                Consumed.with(Serdes.String(), DEPARTURES)
                    .withTimestampExtractor(
                        (record, before) -> ((Departure) record.value()).millis()))
            .filter((key, departure) -> !departure.isEnd() || results.allAdded());
    boolean byKeyOfTopic = settings.by() == WindowSettings.By.ORIGIN;
    KStream<String, Departure> keyed =
        byKeyOfTopic
            ? departures
            : departures.flatMap((key, departure) -> keyed(settings.by(), departure));
    Duration grace = byKeyOfTopic ? Departures.WAIT : Departures.DAY.multipliedBy(Departures.DAYS);
    keyed
        .groupByKey(Grouped.with(Serdes.String(), DEPARTURES))
        .windowedBy(TimeWindows.ofSizeAndGrace(Departures.DAY, grace))
        .aggregate(
            () -> DelaySum.NONE,
            (key, departure, sum) -> added(departure, sum, results),
            Materialized.<String, DelaySum, WindowStore<Bytes, byte[]>>as("sums")
                .withKeySerde(Serdes.String())
                .withValueSerde(SUMS))
        .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()))
        .toStream()
        .filter((window, sum) -> sum.flights() > 0)
        .foreach((window, sum) -> results.told(window.key(), window.window().start(), sum));
    return builder.build();
  }

  private static Iterable<KeyValue<String, Departure>> keyed(
      WindowSettings.By by, Departure departure) {
    if (!departure.isEnd()) {
      return List.of(KeyValue.pair(by.keyOf(departure), departure));
    }
    Stream<KeyValue<String, Departure>> ends =
        IntStream.range(0, ENDS).mapToObj(number -> KeyValue.pair(END + number, departure));
    return ends.toList();
  }

  /** What ends the input moves the clock and counts for nothing. */
  private static DelaySum added(Departure departure, DelaySum sum, WindowResults results) {
    if (departure.isEnd()) {
      return sum;
    }
    results.added();
    return sum.plus(departure);
  }
}
