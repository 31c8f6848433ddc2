package io.headrace.bench.cost;

import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyParking;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.RetryPolicy;
import io.headrace.kcl.StreamSource;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** A function whose commits are counted. The runtime calls it on any thread. */
final class CountedFunction {
  static final String STREAM = "counted";
  static final String APPLICATION = "cost";

  /** How many keys have a state, of which a few change before a commit. */
  static final int STATES = 10_000;

  private static final String FAILING = "failing-";
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** At once, and so many that none waits in memory. */
  private static final KeyParking PARKING =
      new KeyParking(Duration.ofMillis(100), 1, 1 << 20, 1_000, 1L << 30);

  private final CommitCase each;
  private final LongAdder handled = new LongAdder();
  private final Set<String> failed = ConcurrentHashMap.newKeySet();

  CountedFunction(CommitCase each) {
    this.each = each;
  }

  static String failing(int key) {
    return FAILING + key;
  }

  static boolean isFailing(String key) {
    return key.startsWith(FAILING);
  }

  /** Records that were handled. */
  long handled() {
    return handled.sum();
  }

  /** Keys of which a record failed. */
  long failedKeys() {
    return failed.size();
  }

  FunctionSpec<byte[], byte[]> spec() {
    FunctionSpec.Reading<byte[]> reading =
        FunctionSpec.named("counted")
            .reading(Input.of(StreamSource.kinesis(STREAM), Codec.bytes()));
    RetryPolicy forever = RetryPolicy.forever().backingOff(AGAIN, AGAIN).pausingAbove(0.99, 1_000);
    return switch (each.kind()) {
      case STATELESS, BLOCKED -> stateless(reading.retrying(forever.parkingNoKeys()));
      case PARKED, PARKED_WITH_RECORDS -> stateless(reading.retrying(forever.parkingKeys(PARKING)));
      case KEYED ->
          reading
              .keyedBy(Keys.partitionKey(), new FourBytes())
              .handledBy(() -> new Changing(handled), Destination.<byte[]>nowhere());
    };
  }

  private FunctionSpec<byte[], byte[]> stateless(FunctionSpec.Reading<byte[]> reading) {
    return reading.handledBy(() -> (event, out) -> handle(event), Destination.<byte[]>nowhere());
  }

  private void handle(Event<byte[]> event) {
    if (isFailing(event.partitionKey())) {
      failed.add(event.partitionKey());
      throw new IllegalStateException("this key fails for ever");
    }
    handled.increment();
  }

  /** Its states have nothing in common that would make them shorter. */
  private record Changing(LongAdder handled) implements KeyedFunction<byte[], Integer, byte[]> {
    @Override
    public Integer initial(String key) {
      return key.hashCode();
    }

    @Override
    public Next<Integer> handle(Integer state, Event<byte[]> event, Output<byte[]> out) {
      handled.increment();
      int mixed = (state ^ (state >>> 15)) * 0x2c1b3c6d + 1;
      return Next.state(mixed);
    }
  }

  private static final class FourBytes implements Codec<Integer> {
    @Override
    public Integer decode(byte[] bytes, int version) {
      return ByteBuffer.wrap(bytes).getInt();
    }

    @Override
    public byte[] encode(Integer value) {
      return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
    }
  }
}
