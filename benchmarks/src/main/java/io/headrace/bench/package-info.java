/**
 * Side-by-side runs against other servers. {@link io.headrace.bench.Bench} is the program of the
 * user; it starts servers and load programs as processes of their own, in turn, and judges what
 * they report.
 */
@NullMarked
package io.headrace.bench;

import org.jspecify.annotations.NullMarked;
