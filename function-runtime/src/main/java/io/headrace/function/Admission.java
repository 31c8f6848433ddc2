package io.headrace.function;

import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Which records a function is not asked about at all, or not again. Pure. */
record Admission(Patience patience, PayloadLimit payload) {
  static final String TOO_OLD = "RecordAgeExceeded";
  static final String TOO_LARGE = "PayloadTooLarge";

  /** Why a record can't be handed to its function; never retried. */
  static final class Refused extends TerminalFailure {
    private static final long serialVersionUID = 1;

    private Refused(String code, String message) {
      super(code, message);
    }
  }

  static Admission of(FunctionSettings settings) {
    return new Admission(settings.retry().patience(), settings.delivery().payload());
  }

  /** Most functions ask nothing: their records cost nothing here. */
  boolean isOpen() {
    return patience.recordAge() == null && !payload.isSet();
  }

  /**
   * Asked before each attempt.
   *
   * @param again whether it is a letter that is played again
   * @return null when the record may be handed over
   */
  @Nullable Failure refusal(StreamRecord record, boolean again, Instant now) {
    if (payload.isTooLarge(record)) {
      return failure(TOO_LARGE, record, now);
    }
    return isTooOld(record, again, now) ? failure(TOO_OLD, record, now) : null;
  }

  /** Never of a letter that is played again: whoever ordered that knows how old it is. */
  boolean isTooOld(StreamRecord record, boolean again, Instant at) {
    return !again && patience.isTooOld(record.arrivedAt(), at);
  }

  /** One of the two, in words. */
  Failure failure(String code, StreamRecord record, Instant now) {
    var message =
        code.equals(TOO_LARGE)
            ? "it takes "
                + payload.bytesOf(record)
                + " bytes of a call, which may have "
                + payload.bytesMax()
                + " (maxPayloadBytes)"
            : "it is "
                + Duration.between(record.arrivedAt(), now)
                + " old, and may become "
                + patience.recordAge()
                + " (within)";
    return new Failure(new Refused(code, message), code, true, false);
  }
}
