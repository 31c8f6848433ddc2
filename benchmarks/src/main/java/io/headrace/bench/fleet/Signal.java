package io.headrace.bench.fleet;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What a worker told beside the records that it handled.
 *
 * @param event as {@link io.headrace.bench.rig.Member} names it
 */
record Signal(long tick, String event, JsonNode line) {}
