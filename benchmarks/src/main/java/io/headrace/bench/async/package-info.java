/** A function that calls a service for each record: without holding threads, and with. */
@NullMarked
package io.headrace.bench.async;

import org.jspecify.annotations.NullMarked;
