package io.headrace.samples.fraud;

/** How a card is abused, as far as the rules know. */
public enum Scenario {
  /** Many payments in a few minutes, before the card is blocked. */
  VELOCITY_BURST,
  /** A copy of the card pays where its owner can't be. */
  IMPOSSIBLE_TRAVEL,
  /** A tiny payment tries the card, a large one empties it. */
  SMALL_THEN_LARGE,
  /** A card that slept for a month or more wakes up spending. */
  DORMANT_CARD,
  /** Somebody puts the card on a device of theirs and pays at once. */
  DEVICE_TAKEOVER
}
