/** What requests to DynamoDB and Kinesis cost, ours beside the KCL's. */
@NullMarked
package io.headrace.bench.cost;

import org.jspecify.annotations.NullMarked;
