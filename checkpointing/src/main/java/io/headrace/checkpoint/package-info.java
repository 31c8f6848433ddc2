/** How far a function is in a shard. */
@NullMarked
package io.headrace.checkpoint;

import org.jspecify.annotations.NullMarked;
