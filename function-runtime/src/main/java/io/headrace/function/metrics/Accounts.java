package io.headrace.function.metrics;

import io.headrace.kcl.ShardHandler.Outcome;
import java.util.EnumMap;

/** Adds accounts up. */
final class Accounts {
  private Accounts() {}

  static Account sum(Account one, Account other) {
    var settled = new EnumMap<Outcome, Long>(Outcome.class);
    settled.putAll(one.settled());
    other.settled().forEach((outcome, count) -> settled.merge(outcome, count, Long::sum));
    return new Account(
        one.taken() + other.taken(),
        settled,
        one.foundDone() + other.foundDone(),
        one.givenBack() + other.givenBack());
  }
}
