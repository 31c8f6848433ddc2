/** One windowed job in Headrace, Flink and Kafka Streams. */
@NullMarked
package io.headrace.bench.windows;

import org.jspecify.annotations.NullMarked;
