package io.headrace.samples.fraud;

import java.util.List;

/**
 * Generated payments and the truth about them.
 *
 * @param payments in order of time and number
 */
record Ledger(List<Payment> payments, List<Incident> incidents) {
  Ledger {
    payments = List.copyOf(payments);
    incidents = List.copyOf(incidents);
  }
}
