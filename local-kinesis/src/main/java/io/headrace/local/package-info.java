/** A Kinesis server in one JVM. */
@NullMarked
package io.headrace.local;

import org.jspecify.annotations.NullMarked;
