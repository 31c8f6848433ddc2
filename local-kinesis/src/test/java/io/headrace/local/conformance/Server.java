package io.headrace.local.conformance;

import io.headrace.local.Faults;
import io.headrace.local.Limits;
import io.headrace.local.LocalKinesis;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A server on a clock of its own, and the connection to it. Each case has an account to itself, so
 * that cases share nothing but the clock, which only goes forward.
 */
final class Server implements AutoCloseable {
  /** How long a stream stays in CREATING, UPDATING and DELETING. */
  static final Duration STATE_CHANGE_TAKES = Duration.ofSeconds(2);

  private static final long FIRST_ACCOUNT = 100_000_000_000L;

  private final TestClock clock = new TestClock();
  private final @Nullable Path folder;
  private final LocalKinesis kinesis;
  private final Connection connection;
  private long accounts;

  Server(Combination combination, String settings) {
    folder = combination.store().folder();
    LocalKinesis.Builder builder =
        Store.on(folder, LocalKinesis.builder()).clock(clock).stateChangeTakes(STATE_CHANGE_TAKES);
    kinesis = with(settings, builder).start();
    connection = combination.http().connect(kinesis.endpoint());
  }

  Connection connection() {
    return connection;
  }

  Faults faults() {
    return kinesis.faults();
  }

  TestClock clock() {
    return clock;
  }

  Scope newScope() {
    return new Scope(clock, Long.toString(FIRST_ACCOUNT + accounts++), "us-east-1");
  }

  @Override
  public void close() {
    connection.close();
    kinesis.close();
    Store.delete(folder);
  }

  private static LocalKinesis.Builder with(String settings, LocalKinesis.Builder builder) {
    return switch (settings) {
      case "plain" -> builder;
      case "ten shards" -> builder.shardsMax(10);
      case "limits" -> builder.limits(Limits.asAws());
      default -> throw new IllegalArgumentException("no settings are called " + settings);
    };
  }
}
