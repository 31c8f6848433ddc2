package io.headrace.bench.consumer;

import io.headrace.bench.rig.Payload;

/** What a record of {@link Payload#PURCHASES} says. */
record Purchase(long number, String account, long cents, String currency, String merchant) {
  /** What is kept of an account. */
  record Total(long purchases, long cents) {
    static final Total NONE = new Total(0, 0);

    Total plus(Purchase purchase) {
      return new Total(purchases + 1, cents + purchase.cents());
    }
  }
}
