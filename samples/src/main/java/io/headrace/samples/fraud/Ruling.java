package io.headrace.samples.fraud;

import java.util.List;

/**
 * What a rule says to a payment.
 *
 * @param memory what the rule remembers from now on
 * @param findings why the payment is suspicious; empty when it is not
 */
record Ruling<M>(M memory, List<Finding> findings) {
  Ruling {
    findings = List.copyOf(findings);
  }

  static <M> Ruling<M> fine(M memory) {
    return new Ruling<>(memory, List.of());
  }

  static <M> Ruling<M> alarm(M memory, Finding... findings) {
    return new Ruling<>(memory, List.of(findings));
  }
}
