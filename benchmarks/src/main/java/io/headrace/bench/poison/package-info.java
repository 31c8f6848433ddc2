/** One key that fails for ever, beside all others at full speed. */
@NullMarked
package io.headrace.bench.poison;

import org.jspecify.annotations.NullMarked;
