package io.headrace.local.fault;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a fault does to the request that it strikes. Immutable. */
public sealed interface FaultEffect {
  /** The request is answered with this error and does nothing. */
  record Refuse(String code, @Nullable String message, int status) implements FaultEffect {
    public Refuse {
      FaultChecks.code(code);
      FaultChecks.within("status", status, 400, 599);
    }
  }

  /** The answer leaves later, by as long as is drawn between the two. */
  record Delay(Duration min, Duration max) implements FaultEffect {
    public static final Duration LONGEST = Duration.ofMinutes(10);

    public Delay {
      if (min.isNegative() || max.compareTo(min) < 0 || max.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException(
            "delay must be a time or two in order, from 0 to %d ms, but is %d to %d ms"
                .formatted(LONGEST.toMillis(), min.toMillis(), max.toMillis()));
      }
    }
  }

  /** The connection is closed, or over HTTP/2 the one stream, and no answer leaves. */
  record Cut(boolean afterTheWork) implements FaultEffect {}

  /** A share of the records of a PutRecords is not written and says so, the others are. */
  record FailRecords(double share, String code, @Nullable String message) implements FaultEffect {
    public FailRecords {
      FaultChecks.within("share", share, 0, 1);
      FaultChecks.code(code);
    }
  }

  /** A subscription breaks in this way after so many events. */
  record BreakSubscription(Ending ending, int afterEvents, String code, @Nullable String message)
      implements FaultEffect {
    /** How a subscription breaks. */
    public enum Ending {
      /** An exception comes as its last message. */
      ERROR,
      /** Nothing comes any more, and the connection stays. */
      SILENCE,
      /** It ends, as it does after five minutes. */
      END,
      /** A message comes whose checks are wrong. */
      MALFORMED
    }

    public BreakSubscription {
      FaultChecks.atLeast("afterEvents", afterEvents, 0);
      FaultChecks.code(code);
    }
  }
}
