/**
 * What every action of the service answers, case by case, asked over the wire only: the cases are
 * data in {@code src/test/resources/conformance}, and nothing here knows more of the server than
 * its public API.
 */
@NullMarked
package io.headrace.local.conformance;

import org.jspecify.annotations.NullMarked;
