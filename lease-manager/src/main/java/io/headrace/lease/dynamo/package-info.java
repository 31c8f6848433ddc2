/** Lease rows, heartbeats and books in DynamoDB. */
@NullMarked
package io.headrace.lease.dynamo;

import org.jspecify.annotations.NullMarked;
