/** {@code bench consumer} and {@code bench latency}: beside the KCL's and the bare SDK's. */
@NullMarked
package io.headrace.bench.consumer;

import org.jspecify.annotations.NullMarked;
