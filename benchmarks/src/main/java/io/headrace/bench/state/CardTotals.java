package io.headrace.bench.state;

/**
 * What is kept of a card: some 100 bytes of JSON.
 *
 * @param last when it paid last, in milliseconds
 */
record CardTotals(long payments, long cents, long largest, long abroad, long last, String place) {
  static final CardTotals NONE = new CardTotals(0, 0, 0, 0, 0, "");

  /** A payment, as it is on the stream. */
  record Payment(long cents, long at, String place) {}

  CardTotals plus(Payment payment) {
    return new CardTotals(
        payments + 1,
        cents + payment.cents(),
        Math.max(largest, payment.cents()),
        abroad + (payment.place().equals(place) ? 0 : 1),
        payment.at(),
        payment.place());
  }
}
