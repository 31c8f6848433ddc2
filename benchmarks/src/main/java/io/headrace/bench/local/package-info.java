/** {@code bench local}: the local Kinesis beside other local servers. */
@NullMarked
package io.headrace.bench.local;

import org.jspecify.annotations.NullMarked;
