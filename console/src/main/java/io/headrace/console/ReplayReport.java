package io.headrace.console;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What one version of a function sent that another did not, over one stretch of a stream. Pure.
 *
 * @param same how many outputs are the same
 * @param added by id, what only the version has
 * @param missing by id, what only the other has
 * @param changed by id, where both have one and they differ
 */
record ReplayReport(
    long same,
    Map<String, String> added,
    Map<String, String> missing,
    Map<String, Change> changed) {
  /** Two values under one id. */
  record Change(String from, String to) {}

  /**
   * Compares.
   *
   * @param version by id, what it sent
   * @param against by id, what the other sent
   */
  static ReplayReport of(Map<String, String> version, Map<String, String> against) {
    long same = 0;
    var added = new LinkedHashMap<String, String>();
    var missing = new LinkedHashMap<String, String>();
    var changed = new LinkedHashMap<String, Change>();
    var ids = new TreeSet<>(version.keySet());
    ids.addAll(against.keySet());
    for (var id : ids) {
      var to = version.get(id);
      var from = against.get(id);
      if (from == null) {
        added.put(id, String.valueOf(to));
      } else if (to == null) {
        missing.put(id, from);
      } else if (from.equals(to)) {
        same++;
      } else {
        changed.put(id, new Change(from, to));
      }
    }
    return new ReplayReport(same, added, missing, changed);
  }

  boolean isSame() {
    return added.isEmpty() && missing.isEmpty() && changed.isEmpty();
  }

  /** For people: {@code +} is added, {@code -} missing, {@code ~} changed. */
  List<String> lines(int max) {
    var lines = new ArrayList<String>();
    Stream.of(
            added.entrySet().stream().map(each -> "+ " + each.getKey() + "  " + each.getValue()),
            missing.entrySet().stream().map(each -> "- " + each.getKey() + "  " + each.getValue()),
            changed.entrySet().stream()
                .map(
                    each ->
                        "~ "
                            + each.getKey()
                            + "  "
                            + each.getValue().from()
                            + "  ->  "
                            + each.getValue().to()))
        .flatMap(some -> some)
        .limit(max)
        .forEach(lines::add);
    long left = added.size() + missing.size() + (long) changed.size() - lines.size();
    if (left > 0) {
      lines.add("and " + left + " more; --json has all");
    }
    lines.add(
        same
            + " the same, "
            + added.size()
            + " added, "
            + missing.size()
            + " missing, "
            + changed.size()
            + " changed");
    return lines;
  }

  Map<String, Object> json() {
    var json = new LinkedHashMap<String, Object>();
    json.put("same", same);
    json.put("added", added);
    json.put("missing", missing);
    var differences = new LinkedHashMap<String, Object>();
    changed.forEach(
        (id, change) -> differences.put(id, Map.of("from", change.from(), "to", change.to())));
    json.put("changed", differences);
    return json;
  }
}
