/** Tests of the local Kinesis server. */
@NullMarked
package io.headrace.local;

import org.jspecify.annotations.NullMarked;
