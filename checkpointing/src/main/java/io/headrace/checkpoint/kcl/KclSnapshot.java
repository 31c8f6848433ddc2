package io.headrace.checkpoint.kcl;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.StableCopy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The library's table as it was read once. Immutable. */
public final class KclSnapshot {
  /** So many complaints are told one by one. */
  private static final int TOLD_MAX = 5;

  /**
   * The library counts a worker dead when it has not reported for twice the reporting interval, 30
   * seconds by default.
   */
  private static final Duration REPORTED_LATELY = Duration.ofSeconds(60);

  private final String table;
  private final SortedMap<String, Map<String, AttributeValue>> items = new TreeMap<>();

  KclSnapshot(String table, List<Map<String, AttributeValue>> read) {
    this.table = table;
    for (var item : read) {
      var key = item.get(KclRowReader.KEY);
      items.put(key == null ? "" : String.valueOf(key.s()), StableCopy.of(item));
    }
  }

  /**
   * The lease rows, by key.
   *
   * @param ignored fields that are not the library's
   * @throws CheckpointException that names each row and field that is not understood
   */
  public List<KclRow> rows(Set<String> ignored) {
    var reader = new KclRowReader(ignored);
    var rows = new ArrayList<KclRow>();
    items.values().forEach(item -> reader.read(item).ifPresent(rows::add));
    refuse("KCL table " + table, reader.complaints());
    return rows;
  }

  /**
   * What shows that the library's workers are alive: the first field that changed. A library that
   * runs raises a counter of each of its leases three times in a lease time.
   */
  public Optional<String> changedSince(KclSnapshot earlier) {
    var keys = new TreeSet<>(items.keySet());
    keys.addAll(earlier.items.keySet());
    for (var key : keys) {
      var now = items.get(key);
      var then = earlier.items.get(key);
      if (now == null || then == null) {
        return Optional.of("row " + key + (now == null ? " was deleted" : " was made"));
      }
      var fields = new TreeSet<>(now.keySet());
      fields.addAll(then.keySet());
      for (var field : fields) {
        if (!Objects.equals(now.get(field), then.get(field))) {
          return Optional.of(
              "row %s: field %s changed from %s to %s"
                  .formatted(key, field, shown(then.get(field)), shown(now.get(field))));
        }
      }
    }
    return Optional.empty();
  }

  private static String shown(@Nullable AttributeValue value) {
    return value == null ? "nothing" : KclRowReader.shown(value);
  }

  /** Whether a worker of version 3 said within the last minute that it is there. */
  public boolean reportedLately(Instant now) {
    return items.values().stream()
        .map(item -> item.get("lut"))
        .anyMatch(
            lut ->
                lut != null
                    && lut.n() != null
                    && lut.n().matches("\\d{1,15}")
                    && Duration.between(Instant.ofEpochSecond(Long.parseLong(lut.n())), now)
                            .compareTo(REPORTED_LATELY)
                        < 0);
  }

  /** Throws what there is to complain of, in one sentence. */
  static void refuse(String about, List<String> complaints) {
    if (!complaints.isEmpty()) {
      int more = complaints.size() - TOLD_MAX;
      throw new CheckpointException(
          about
              + ": "
              + String.join("; ", complaints.subList(0, Math.min(complaints.size(), TOLD_MAX)))
              + (more > 0 ? "; and " + more + " more" : ""));
    }
  }
}
