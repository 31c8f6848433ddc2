/** What metrics cost: one worker in one process, with them and without. */
@NullMarked
package io.headrace.bench.metrics;

import org.jspecify.annotations.NullMarked;
