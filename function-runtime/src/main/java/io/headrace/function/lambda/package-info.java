/** Calls handlers that were written for AWS Lambda; fences its classes. */
@NullMarked
package io.headrace.function.lambda;

import org.jspecify.annotations.NullMarked;
