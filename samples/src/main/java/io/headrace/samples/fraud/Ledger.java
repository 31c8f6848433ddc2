package io.headrace.samples.fraud;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Generated signals and the truth about them.
 *
 * @param payments in order of time and number
 * @param others logins and devices, in order of time
 */
record Ledger(List<Payment> payments, List<Signal> others, List<Incident> incidents) {
  Ledger {
    payments = List.copyOf(payments);
    others = List.copyOf(others);
    incidents = List.copyOf(incidents);
  }

  /** All, in order of time; of one instant the payments first. */
  List<Signal> signals() {
    var all = new ArrayList<Signal>(payments);
    all.addAll(others);
    all.sort(Comparator.comparing(Signal::at));
    return List.copyOf(all);
  }
}
