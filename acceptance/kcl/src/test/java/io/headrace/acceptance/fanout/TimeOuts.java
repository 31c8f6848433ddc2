package io.headrace.acceptance.fanout;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Tells failures that are somebody's lost patience from others. */
final class TimeOuts {
  private TimeOuts() {}

  static boolean isOne(@Nullable Throwable failure) {
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      var words = (cause.getClass().getName() + " " + cause.getMessage()).toLowerCase(Locale.ROOT);
      if (words.contains("timeout") || words.contains("time-out") || words.contains("timed out")) {
        return true;
      }
    }
    return false;
  }
}
