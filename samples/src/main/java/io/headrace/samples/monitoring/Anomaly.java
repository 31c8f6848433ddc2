package io.headrace.samples.monitoring;

/**
 * A reading that is not normal. Of each reading at most one, named by mote and number.
 *
 * @param expectedHumidity the mote's own normal level at that time, in %
 * @param expectedTemperature likewise in °C
 */
public record Anomaly(
    String mote,
    long number,
    double humidity,
    double expectedHumidity,
    double temperature,
    double expectedTemperature) {}
