package io.headrace.samples.fraud;

import java.time.Instant;

/**
 * The owner, or somebody who knows the password, signs in to the bank.
 *
 * @param device the partition key
 */
public record Login(String card, Instant at, String device) implements Signal {
  static final Login END = new Login(NO_CARD, END_OF_TIME, "");
}
