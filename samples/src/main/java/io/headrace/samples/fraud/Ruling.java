package io.headrace.samples.fraud;

import java.util.Optional;

/**
 * What a rule says to a payment.
 *
 * @param memory what the rule remembers from now on
 * @param because why the payment is suspicious; empty when it is not
 */
record Ruling<M>(M memory, Optional<String> because) {
  static <M> Ruling<M> fine(M memory) {
    return new Ruling<>(memory, Optional.empty());
  }

  static <M> Ruling<M> alarm(M memory, String because) {
    return new Ruling<>(memory, Optional.of(because));
  }
}
