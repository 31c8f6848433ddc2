/** Metrics and traces through Micrometer, and the page from which they are scraped. */
@NullMarked
package io.headrace.function.metrics;

import org.jspecify.annotations.NullMarked;
