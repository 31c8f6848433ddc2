/** Four rules on generated card payments, judged against the scenarios that were planted. */
@NullMarked
package io.headrace.samples.fraud;

import org.jspecify.annotations.NullMarked;
