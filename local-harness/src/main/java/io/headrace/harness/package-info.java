/**
 * What users test with: {@link io.headrace.harness.FunctionHarness} and {@link
 * io.headrace.harness.FunctionVerifier} in virtual time, {@link io.headrace.harness.LocalAws} and
 * {@link io.headrace.harness.HeadraceExtension} on real servers. Whole fleets are simulated in
 * {@link io.headrace.harness.fleet}.
 */
@NullMarked
package io.headrace.harness;

import org.jspecify.annotations.NullMarked;
