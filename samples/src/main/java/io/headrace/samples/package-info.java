/**
 * Three functions on three streams, each with inputs whose right answer is known: monitoring on
 * labelled sensor readings, analytics on real flights, fraud on generated card payments. A {@link
 * io.headrace.samples.Sample} has all that a demonstration needs to run one and to judge what came
 * out.
 */
@NullMarked
package io.headrace.samples;

import org.jspecify.annotations.NullMarked;
