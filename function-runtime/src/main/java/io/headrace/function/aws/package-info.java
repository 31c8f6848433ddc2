/** Clients of AWS for the runtime. */
@NullMarked
package io.headrace.function.aws;

import org.jspecify.annotations.NullMarked;
