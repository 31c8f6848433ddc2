package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import java.util.Collections;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an application is, so that another one which was given its name by mistake is refused.
 * Written when the streams that it reads change.
 *
 * @param streams names of the streams that its functions read, in order; not empty
 * @param by who said so
 */
public record ApplicationItem(Set<String> streams, Incarnation by) implements LeaseItem {
  public ApplicationItem {
    Objects.requireNonNull(by, "by");
    streams = Collections.unmodifiableSet(new TreeSet<>(streams));
    if (streams.isEmpty()) {
      throw new IllegalArgumentException("streams: must not be empty");
    }
  }

  /** An application may read other streams after a change, but hardly all others at once. */
  boolean sharesStreams(ApplicationItem other) {
    return streams.stream().anyMatch(other.streams::contains);
  }

  @Override
  public String partition(String application) {
    return application + "!A";
  }

  @Override
  public String sort() {
    return "-";
  }
}
