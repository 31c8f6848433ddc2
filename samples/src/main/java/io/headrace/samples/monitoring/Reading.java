package io.headrace.samples.monitoring;

/**
 * What a mote measured, as it goes on the stream: without any label.
 *
 * @param mote the partition key
 * @param number 1 upwards for each mote: it orders the readings and tells a repeated one
 * @param humidity relative, in %
 * @param temperature in °C
 */
public record Reading(
    String mote, long number, boolean indoor, double humidity, double temperature) {}
