package io.headrace.bench.flink;

import io.headrace.bench.rig.DelaySum;
import io.headrace.bench.rig.Departure;
import io.headrace.bench.rig.Departures;
import io.headrace.bench.rig.WindowProgram;
import io.headrace.bench.rig.WindowResults;
import io.headrace.bench.rig.WindowSettings;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/**
 * The windowed job in a cluster within this process, as many slots as there are cores: state on the
 * heap, checkpoints into files as often as a function of ours commits.
 */
public final class FlinkWindows {
  private static final Duration CHECKPOINTS = Duration.ofSeconds(5);
  private static final int STOP_SECONDS_MAX = 10;

  /** Functions are copied to where they run, and all run in this process. */
  private static final AtomicReference<WindowResults> RESULTS = new AtomicReference<>();

  private FlinkWindows() {}

  /** Takes what {@link WindowSettings#command} writes. */
  public static void main(String[] args) {
    WindowProgram.run(args, FlinkWindows::start);
  }

  private static AutoCloseable start(WindowSettings settings, WindowResults results)
      throws Exception {
    RESULTS.set(results);
    Configuration configuration = new Configuration();
    configuration.set(StateBackendOptions.STATE_BACKEND, "hashmap");
    configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    configuration.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY, settings.folder().toUri().toString());
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(
            Runtime.getRuntime().availableProcessors(), configuration);
    environment.enableCheckpointing(CHECKPOINTS.toMillis());
    WindowSettings.By by = settings.by();
    environment
        .fromSource(
            KafkaSource.<Departure>builder()
                .setBootstrapServers(settings.sourceAddress())
                .setTopics(settings.stream())
                .setGroupId(settings.application())
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setValueOnlyDeserializer(new Decoding())
                .build(),
            WatermarkStrategy.<Departure>forBoundedOutOfOrderness(Departures.WAIT)
                .withTimestampAssigner((departure, stored) -> departure.millis()),
            "departures")
        .filter(departure -> !departure.isEnd())
        .keyBy(by::keyOf)
        .window(TumblingEventTimeWindows.of(Departures.DAY))
        .aggregate(new Summing(), new Telling())
        .sinkTo(new DiscardingSink<>());
    JobClient job = environment.executeAsync(settings.application());
    return () -> job.cancel().get(STOP_SECONDS_MAX, TimeUnit.SECONDS);
  }

  private static WindowResults results() {
    return Objects.requireNonNull(RESULTS.get(), "the job runs in another process");
  }

  private static final class Decoding extends AbstractDeserializationSchema<Departure> {
    private static final long serialVersionUID = 1;

    @Override
    public Departure deserialize(byte[] bytes) {
      return Departure.of(bytes);
    }
  }

  private static final class Summing implements AggregateFunction<Departure, DelaySum, DelaySum> {
    private static final long serialVersionUID = 1;

    @Override
    public DelaySum createAccumulator() {
      return DelaySum.NONE;
    }

    @Override
    public DelaySum add(Departure departure, DelaySum sum) {
      results().added();
      return sum.plus(departure);
    }

    @Override
    public DelaySum getResult(DelaySum sum) {
      return sum;
    }

    @Override
    public DelaySum merge(DelaySum one, DelaySum other) {
      return one.plus(other);
    }
  }

  private static final class Telling
      extends ProcessWindowFunction<DelaySum, String, String, TimeWindow> {
    private static final long serialVersionUID = 1;

    @Override
    public void process(
        String key, Context context, Iterable<DelaySum> sums, Collector<String> out) {
      results().told(key, context.window().getStart(), sums.iterator().next());
    }
  }
}
