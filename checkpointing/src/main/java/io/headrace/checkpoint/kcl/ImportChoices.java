package io.headrace.checkpoint.kcl;

import java.time.Instant;
import java.util.Optional;

/**
 * What the library's table does not say, and its operator knows.
 *
 * @param latestAt when an application that begins at LATEST began: shards that it has no checkpoint
 *     of are read from there
 * @param timestampAt the time with which an application that begins at AT_TIMESTAMP was configured
 * @param anyEpoch whether rows of several streams may bear another creation time than the stream
 */
public record ImportChoices(
    Optional<Instant> latestAt, Optional<Instant> timestampAt, boolean anyEpoch) {
  public static final ImportChoices NONE =
      new ImportChoices(Optional.empty(), Optional.empty(), false);
}
