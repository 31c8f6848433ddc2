package io.headrace.samples.fraud;

import java.time.Instant;

/**
 * A card payment as it goes on the stream: nothing in it says whether it is fraud.
 *
 * @param number 1 upwards in the order of time: names the payment and tells a repeated one
 * @param card the partition key
 * @param inPerson false for a payment over the network, which says nothing of where the card is
 * @param place of the merchant's terminal, or of the merchant
 */
public record Payment(
    long number,
    String card,
    Instant at,
    String merchant,
    boolean inPerson,
    Place place,
    long cents)
    implements Signal {
  static final Payment END = new Payment(0, NO_CARD, END_OF_TIME, "", false, new Place(0, 0), 0);
}
