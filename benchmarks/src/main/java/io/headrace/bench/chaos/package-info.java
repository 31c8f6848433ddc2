/**
 * {@code headrace bench chaos}: worker processes that are killed, paused and restarted while they
 * run, and a judge that reads what all of them wrote down.
 */
@NullMarked
package io.headrace.bench.chaos;

import org.jspecify.annotations.NullMarked;
