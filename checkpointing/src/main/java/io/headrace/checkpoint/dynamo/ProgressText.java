package io.headrace.checkpoint.dynamo;

import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.StartingPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Positions as text that is short and can still be read. Ranges are {@code first-last}, or {@code
 * first} alone, with a blank between them. A number of as many digits as the one before it leaves
 * out the leading digits that both share, and says so by a {@code ~}: neighbours in a shard differ
 * in their last digits only. A sub-sequence follows a colon unless it is 0.
 */
final class ProgressText {
  private static final String HORIZON = "TRIM_HORIZON";
  private static final String AT = "AT ";
  private static final String AFTER = "AFTER ";

  private ProgressText() {}

  static String ofRanges(Progress progress) {
    var text = new StringBuilder();
    var before = progress.through().map(p -> p.sequence().value()).orElse("");
    for (var range : progress.ranges()) {
      text.append(text.isEmpty() ? "" : " ");
      before = append(text, range.first(), before);
      if (!range.first().equals(range.last())) {
        text.append('-');
        before = append(text, range.last(), before);
      }
    }
    return text.toString();
  }

  static Progress toProgress(Optional<Position> through, String ranges) {
    var read = new ArrayList<Progress.Range>();
    var before = through.map(p -> p.sequence().value()).orElse("");
    for (var text : ranges.isEmpty() ? List.<String>of() : List.of(ranges.split(" ", -1))) {
      int dash = text.indexOf('-');
      var first = read(dash < 0 ? text : text.substring(0, dash), before);
      var last = dash < 0 ? first : read(text.substring(dash + 1), first.sequence().value());
      before = last.sequence().value();
      read.add(new Progress.Range(first, last));
    }
    return new Progress(through, read);
  }

  static String of(StartingPosition start) {
    if (start instanceof StartingPosition.AtTimestamp at) {
      return AT + at.time();
    }
    return start instanceof StartingPosition.After after ? AFTER + after.position() : HORIZON;
  }

  static StartingPosition toStart(String text) {
    if (text.equals(HORIZON)) {
      return StartingPosition.TRIM_HORIZON;
    }
    if (text.startsWith(AT)) {
      return StartingPosition.at(Instant.parse(text.substring(AT.length())));
    }
    if (text.startsWith(AFTER)) {
      return StartingPosition.after(Position.parse(text.substring(AFTER.length())));
    }
    throw new IllegalArgumentException(
        "starting position \"" + text + "\": must be TRIM_HORIZON, AT time or AFTER position");
  }

  private static String append(StringBuilder text, Position position, String before) {
    var number = position.sequence().value();
    if (number.length() == before.length()) {
      int shared = 0;
      while (shared < number.length() && number.charAt(shared) == before.charAt(shared)) {
        shared++;
      }
      text.append('~').append(number, shared, number.length());
    } else {
      text.append(number);
    }
    if (position.subSequence() != 0) {
      text.append(':').append(position.subSequence());
    }
    return number;
  }

  private static Position read(String text, String before) {
    int colon = text.indexOf(':');
    var number = colon < 0 ? text : text.substring(0, colon);
    if (number.startsWith("~")) {
      int shared = before.length() - (number.length() - 1);
      if (shared < 0) {
        throw new IllegalArgumentException(
            "position \"" + text + "\": has more digits than \"" + before + "\" before it");
      }
      number = before.substring(0, shared) + number.substring(1);
    }
    long sub = colon < 0 ? 0 : Long.parseLong(text.substring(colon + 1));
    return new Position(new SequenceNumber(number), sub);
  }
}
