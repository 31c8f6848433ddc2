package io.headrace.function;

import java.util.List;

/**
 * Where a function comes from.
 *
 * @param formers names that it had, the latest first
 * @param anew it is no other function under another name, whatever it looks like
 */
record Descent(List<String> formers, boolean anew) {
  static final Descent NEW = new Descent(List.of(), false);

  Descent {
    formers = List.copyOf(formers);
  }
}
