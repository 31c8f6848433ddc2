/** Monitoring, analytics and fraud. */
@NullMarked
package io.headrace.samples;

import org.jspecify.annotations.NullMarked;
