/** Delays of flights for each origin and day, judged against a plain fold over the file. */
@NullMarked
package io.headrace.samples.analytics;

import org.jspecify.annotations.NullMarked;
