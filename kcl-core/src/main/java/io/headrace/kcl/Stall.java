package io.headrace.kcl;

import java.time.Duration;

/**
 * A function without progress.
 *
 * @param silent since its last sign of life
 * @param why one phrase
 * @param endsByItself it is known what it waits for, and that this ends
 */
record Stall(String function, Duration silent, String why, boolean endsByItself) {}
