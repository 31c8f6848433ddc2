/** A dependency that is off for a while at full load. */
@NullMarked
package io.headrace.bench.outage;

import org.jspecify.annotations.NullMarked;
