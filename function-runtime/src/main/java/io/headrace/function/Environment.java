package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * What handlers share within one runtime.
 *
 * @param pool where user code is called
 * @param poolThreads how many calls the pool runs at once
 * @param random used on the worker loop only
 * @param outlets where outputs and letters go
 * @param events told on the worker loop
 */
record Environment(
    String application,
    Executor pool,
    int poolThreads,
    RandomGenerator random,
    Outlets outlets,
    ChunkStore chunks,
    Consumer<FunctionEvent> events) {}
