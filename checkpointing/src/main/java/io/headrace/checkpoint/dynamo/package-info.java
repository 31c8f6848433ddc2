/** Progress items in DynamoDB. */
@NullMarked
package io.headrace.checkpoint.dynamo;

import org.jspecify.annotations.NullMarked;
