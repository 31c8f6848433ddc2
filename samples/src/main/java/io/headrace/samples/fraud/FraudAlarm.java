package io.headrace.samples.fraud;

import java.time.Instant;

/**
 * A payment that a rule finds suspicious. Of each payment and scenario at most one.
 *
 * @param told the event time at which the rule could tell
 * @param rules the version of {@link Rules} by which it was judged
 * @param because for the person who looks into it
 */
public record FraudAlarm(
    Scenario scenario, String card, long payment, Instant told, long rules, Explanation because) {}
