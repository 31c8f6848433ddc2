package io.headrace.function;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The trace to which a record belongs, as its envelope carries it: the headers of <a
 * href="https://www.w3.org/TR/trace-context/">W3C Trace Context</a>. What is not in that format is
 * no trace: it is ignored, passed on to nothing, and counted ({@link
 * FunctionEvent.TraceMalformed}).
 *
 * @param traceparent version, trace id, parent id and flags
 * @param tracestate what vendors add; only with a {@code traceparent}, and not looked into
 */
public record TraceContext(String traceparent, Optional<String> tracestate) {
  /** The header that names trace and parent. */
  public static final String TRACEPARENT = "traceparent";

  /** The header of vendors. */
  public static final String TRACESTATE = "tracestate";

  /** Later versions may add fields, and are read as this one as far as it goes. */
  private static final Pattern FORMAT =
      Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

  private static final String VERSION_0 = "00-";
  private static final int VERSION_0_LENGTH = 55;

  /** As much as is promised to be passed on; more of it is dropped. */
  private static final int STATE_LENGTH_MAX = 512;

  /**
   * @throws IllegalArgumentException when the traceparent is not in the format
   */
  public TraceContext {
    if (!isTraceparent(traceparent)) {
      throw new IllegalArgumentException(
          "traceparent of "
              + traceparent.length()
              + " characters: must be VERSION-TRACE-PARENT-FLAGS of 2, 32, 16 and 2 small hex digits"
              + ", neither id all zeros");
    }
  }

  /** What the headers of a record say; empty where they say nothing, or nothing sound. */
  public static Optional<TraceContext> in(Map<String, String> headers) {
    var parent = headers.get(TRACEPARENT);
    return parent == null || !isTraceparent(parent)
        ? Optional.empty()
        : Optional.of(new TraceContext(parent, state(headers)));
  }

  /** 32 hex digits, the same for all that belongs together. */
  public String traceId() {
    return traceparent.substring(3, 35);
  }

  /** 16 hex digits: the span that caused the record. */
  public String parentId() {
    return traceparent.substring(36, 52);
  }

  /** Whether the one who began the trace recorded it. */
  public boolean isSampled() {
    return (Character.digit(traceparent.charAt(54), 16) & 1) == 1;
  }

  /** The part of a record's headers that its outputs pass on. */
  static Map<String, String> carriedBy(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return headers;
    }
    return in(headers)
        .map(
            trace ->
                trace
                    .tracestate()
                    .map(state -> Map.of(TRACEPARENT, trace.traceparent(), TRACESTATE, state))
                    .orElse(Map.of(TRACEPARENT, trace.traceparent())))
        .orElse(Map.of());
  }

  /** Whether there is no trace, or one in the format. */
  static boolean isSound(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return true;
    }
    var parent = headers.get(TRACEPARENT);
    return parent == null || isTraceparent(parent);
  }

  private static Optional<String> state(Map<String, String> headers) {
    return Optional.ofNullable(headers.get(TRACESTATE))
        .filter(state -> !state.isBlank() && state.length() <= STATE_LENGTH_MAX)
        .filter(state -> state.chars().allMatch(TraceContext::isPrintable));
  }

  /** What else there is can't stand in a header, into which a reader may put it. */
  private static boolean isPrintable(int each) {
    return each == '\t' || (each >= ' ' && each <= '~');
  }

  private static boolean isTraceparent(String text) {
    int length = text.length();
    if (length < VERSION_0_LENGTH || (text.startsWith(VERSION_0) && length > VERSION_0_LENGTH)) {
      return false;
    }
    boolean more = length > VERSION_0_LENGTH && text.charAt(VERSION_0_LENGTH) != '-';
    return !more && FORMAT.matcher(text).lookingAt();
  }
}
