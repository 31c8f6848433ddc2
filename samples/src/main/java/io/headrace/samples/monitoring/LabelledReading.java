package io.headrace.samples.monitoring;

/**
 * A reading and the truth about it. Only the reading is ever put on a stream.
 *
 * @param anomaly what the file's authors labelled
 */
record LabelledReading(Reading reading, boolean anomaly) {}
