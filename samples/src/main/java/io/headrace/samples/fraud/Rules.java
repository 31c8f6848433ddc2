package io.headrace.samples.fraud;

import io.headrace.function.Broadcast;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;

/**
 * The limits of all rules: one version of a broadcast, which changes them without a redeploy.
 *
 * @param version quoted by the alarms that it gives; 0 is built in
 * @param from the event time from which it is in force
 */
public record Rules(
    long version,
    Instant from,
    Velocity velocity,
    Travel travel,
    Probe probe,
    Dormancy dormancy,
    Takeover takeover) {
  static final StreamSource STREAM = StreamSource.kinesis("fraud-rules");

  static final Json<Rules> CODEC = Json.of(Rules.class);

  static final Broadcast<Rules> BROADCAST =
      Broadcast.of(STREAM, CODEC).inForceFrom(Rules::from).settlingFor(Duration.ofSeconds(5));

  /** In force while none was put. */
  static final Rules BUILT_IN =
      new Rules(
          0,
          Instant.EPOCH,
          new Velocity(5, 600),
          new Travel(1_000, 150),
          new Probe(2_00, 150_00, 5, 3_600),
          new Dormancy(30, 5, 4, 86_400, 100_00, 4),
          new Takeover(1_800, 80, 120));

  public Rules {
    require("version", version, 0, Long.MAX_VALUE);
    if (from == null
        || velocity == null
        || travel == null
        || probe == null
        || dormancy == null
        || takeover == null) {
      throw new IllegalArgumentException("rules " + version + ": a part of them is missing");
    }
  }

  /** So many payments in so many seconds. */
  public record Velocity(int payments, long withinSeconds) {
    public Velocity {
      require("velocity.payments", payments, 2, 20);
      require("velocity.withinSeconds", withinSeconds, 1, 86_400);
    }
  }

  /** Faster than that, where the way is not shorter than that. */
  public record Travel(long kmPerHour, long kmLeast) {
    public Travel {
      require("travel.kmPerHour", kmPerHour, 100, 30_000);
      require("travel.kmLeast", kmLeast, 1, 20_000);
    }
  }

  /** A payment as small, and within so many seconds one as large. */
  public record Probe(long smallCents, long largeCents, long timesUsual, long withinSeconds) {
    public Probe {
      require("probe.smallCents", smallCents, 1, 100_00);
      require("probe.largeCents", largeCents, smallCents + 1, Integer.MAX_VALUE);
      require("probe.timesUsual", timesUsual, 1, 1_000);
      require("probe.withinSeconds", withinSeconds, 1, 7 * 86_400);
    }
  }

  /**
   * A card that slept so long, and so many times its usual pause, and pays as much within so many
   * seconds of waking up.
   *
   * @param paymentsNeeded fewer do not tell its usual pause
   */
  public record Dormancy(
      long asleepDays,
      long timesUsualPause,
      long paymentsNeeded,
      long wakingSeconds,
      long largeCents,
      long timesUsual) {
    public Dormancy {
      require("dormancy.asleepDays", asleepDays, 1, 3_650);
      require("dormancy.timesUsualPause", timesUsualPause, 1, 1_000);
      require("dormancy.paymentsNeeded", paymentsNeeded, 2, 1_000);
      require("dormancy.wakingSeconds", wakingSeconds, 1, 30 * 86_400);
      require("dormancy.largeCents", largeCents, 1, Integer.MAX_VALUE);
      require("dormancy.timesUsual", timesUsual, 1, 1_000);
    }
  }

  /** A device as fresh, a merchant of such a risk, and no login for so long after the payment. */
  public record Takeover(long freshSeconds, int riskPercent, long loginSeconds) {
    public Takeover {
      require("takeover.freshSeconds", freshSeconds, 1, 7 * 86_400);
      require("takeover.riskPercent", riskPercent, 0, 100);
      require("takeover.loginSeconds", loginSeconds, 1, 86_400);
    }
  }

  private static void require(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " " + value + ": must be between " + least + " and " + most);
    }
  }
}
