/**
 * Faults by rule: which request is struck by what ({@link io.headrace.local.fault.FaultRules}). It
 * is pure, and knows no other layer.
 */
@NullMarked
package io.headrace.local.fault;

import org.jspecify.annotations.NullMarked;
