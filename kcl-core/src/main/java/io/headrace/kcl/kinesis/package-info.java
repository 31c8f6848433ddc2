/** Amazon Kinesis Data Streams behind the ShardedStream port. */
@NullMarked
package io.headrace.kcl.kinesis;

import org.jspecify.annotations.NullMarked;
