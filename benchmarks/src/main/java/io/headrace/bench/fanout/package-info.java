/** {@code bench fanout}: consumers beside the KCL's and beside the bare SDK. */
@NullMarked
package io.headrace.bench.fanout;

import org.jspecify.annotations.NullMarked;
