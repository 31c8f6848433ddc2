package io.headrace.samples.fraud;

import java.util.List;

/**
 * Payments of one card and what else belongs to them.
 *
 * @param others logins and devices
 */
record Story(List<Draft> payments, List<Signal> others) {
  Story {
    payments = List.copyOf(payments);
    others = List.copyOf(others);
  }
}
