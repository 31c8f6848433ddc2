package io.headrace.samples.fraud;

/**
 * A payment that a rule finds suspicious. Of each payment and scenario at most one.
 *
 * @param because for the person who looks into it
 */
public record FraudAlarm(Scenario scenario, String card, long payment, Explanation because) {}
