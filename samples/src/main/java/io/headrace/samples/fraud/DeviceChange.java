package io.headrace.samples.fraud;

import java.time.Instant;

/**
 * A card is put on a device that was not known for it.
 *
 * @param device the partition key
 */
public record DeviceChange(String card, Instant at, String device) implements Signal {
  static final DeviceChange END = new DeviceChange(NO_CARD, END_OF_TIME, "");
}
