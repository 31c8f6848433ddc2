/** Anomalies in the readings of sensor motes, judged against the file's labels. */
@NullMarked
package io.headrace.samples.monitoring;

import org.jspecify.annotations.NullMarked;
