package io.headrace.local.engine;

/**
 * A registered consumer as a value: all that must be kept to have it back. Immutable.
 *
 * @param dueMillis when the state changes by itself; {@link Long#MAX_VALUE} when it does not
 */
public record ConsumerState(
    String name, long createdMillis, Labels labels, ConsumerStatus status, long dueMillis) {}
