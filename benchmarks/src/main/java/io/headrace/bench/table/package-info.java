/**
 * {@code bench table}: all benchmarks one after the other, and their targets as one table, which is
 * the one in {@code benchmarks/README.md}. {@link io.headrace.bench.table.TableBench} is the
 * command, {@link io.headrace.bench.table.Reports} the folder in which reports are kept.
 */
@NullMarked
package io.headrace.bench.table;

import org.jspecify.annotations.NullMarked;
