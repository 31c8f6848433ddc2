/**
 * What travels through the stream between the two stages of a function that is keyed {@link
 * io.headrace.function.Keys#across across} shards: envelopes, and who has seen what of them. Pure:
 * no stream, no loop, no thread.
 */
@NullMarked
package io.headrace.function.through;

import org.jspecify.annotations.NullMarked;
