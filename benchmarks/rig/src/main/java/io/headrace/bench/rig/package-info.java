/**
 * What all benchmarks share: programs in processes of their own, loads, figures, targets and
 * reports. A measured program that others wrote needs no more than this of ours.
 */
@NullMarked
package io.headrace.bench.rig;

import org.jspecify.annotations.NullMarked;
