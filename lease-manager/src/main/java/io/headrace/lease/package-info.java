/** Who may run which shard. */
@NullMarked
package io.headrace.lease;

import org.jspecify.annotations.NullMarked;
