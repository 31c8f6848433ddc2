/** A shard's state: one ordered space of keys and values, stored in chunks under a root. */
@NullMarked
package io.headrace.checkpoint.state;

import org.jspecify.annotations.NullMarked;
