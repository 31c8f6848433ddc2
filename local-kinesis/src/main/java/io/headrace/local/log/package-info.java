/** The records of one shard: {@link io.headrace.local.log.ShardLog} and what it keeps. */
@NullMarked
package io.headrace.local.log;

import org.jspecify.annotations.NullMarked;
