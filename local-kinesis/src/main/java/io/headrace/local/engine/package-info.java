/**
 * What the service does: streams, shards and what may be done to them ({@link
 * io.headrace.local.engine.Engine}), with the clock from outside.
 */
@NullMarked
package io.headrace.local.engine;

import org.jspecify.annotations.NullMarked;
