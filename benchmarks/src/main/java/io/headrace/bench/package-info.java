/**
 * {@code headrace bench}. Each benchmark has a package of its own: it starts servers and programs
 * as processes, in turn, and judges what they report.
 */
@NullMarked
package io.headrace.bench;

import org.jspecify.annotations.NullMarked;
