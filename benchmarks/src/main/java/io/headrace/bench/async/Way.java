package io.headrace.bench.async;

import io.headrace.kcl.loop.ThreadKind;

/** How the function waits for its service. */
enum Way {
  ASYNC("async", "a stage that a timer completes"),
  THREADS("blocking, threads", "sleeps on one of so many threads of the system"),
  VIRTUAL("blocking, virtual threads", "sleeps on one of so many virtual threads");

  private final String label;
  private final String description;

  Way(String label, String description) {
    this.label = label;
    this.description = description;
  }

  String label() {
    return label;
  }

  String description() {
    return description;
  }

  /** Whether this JDK, which is also that of the worker, can do it. */
  boolean isAvailable() {
    return this != VIRTUAL || ThreadKind.VIRTUAL.isAvailable();
  }
}
