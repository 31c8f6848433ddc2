package io.headrace.bench.rig;

import java.util.List;

/** What a run found: the end of every benchmark. Immutable. */
public interface Findings {
  /** For people. */
  List<String> lines();

  /** All of it as one object, which ends with the targets. */
  String json();

  /** {@link Report#MET}, {@link Report#MISSED} or {@link Report#NOT_MEASURED}. */
  int exitCode();
}
