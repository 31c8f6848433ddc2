package io.headrace.samples.fraud;

/**
 * Somebody with a card.
 *
 * @param budget how many times what others spend
 * @param meanDays between payments
 * @param activeDays how long the card is in use; after that it sleeps
 */
record Cardholder(String card, City home, double budget, double meanDays, double activeDays) {}
