/** {@code bench producer}: the producer beside a bare loop of the SDK's PutRecords. */
@NullMarked
package io.headrace.bench.producer;

import org.jspecify.annotations.NullMarked;
