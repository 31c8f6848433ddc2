/** {@code bench scale}: what shards and workers cost as there come more of them. */
@NullMarked
package io.headrace.bench.scale;

import org.jspecify.annotations.NullMarked;
