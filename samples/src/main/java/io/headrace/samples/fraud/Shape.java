package io.headrace.samples.fraud;

/**
 * How much the generator makes of what.
 *
 * @param cards how many there are
 * @param days how long they are watched
 * @param incidents of each scenario
 * @param unscripted fraud that follows no scenario
 * @param lookalikes of each kind: honest payments that look like a scenario
 * @param travellers share of cardholders who make a trip by air
 * @param fraudSpend how much thieves spend: 1 is the ordinary generator; below it they are more
 *     careful
 */
record Shape(
    int cards,
    int days,
    int incidents,
    int unscripted,
    int lookalikes,
    double travellers,
    double fraudSpend) {
  static final Shape ORDINARY = new Shape(2_400, 90, 60, 20, 30, 0.08, 1);

  /** Other cards, other thieves, three times as much fraud that no rule is made for. */
  static final Shape SHIFTED = new Shape(2_400, 90, 60, 60, 60, 0.3, 0.6);

  Shape {
    if (cards < 100 || cards > 100_000 || days < 60 || days > 366) {
      throw new IllegalArgumentException(
          "cards " + cards + ", days " + days + ": must be 100 to 100000 and 60 to 366");
    }
    if (incidents < 0 || unscripted < 0 || lookalikes < 0 || !(fraudSpend > 0)) {
      throw new IllegalArgumentException(
          "incidents, unscripted, lookalikes must not be negative, fraudSpend must be > 0");
    }
    if (!(travellers >= 0 && travellers <= 1)) {
      throw new IllegalArgumentException("travellers " + travellers + ": must be 0 to 1");
    }
  }
}
