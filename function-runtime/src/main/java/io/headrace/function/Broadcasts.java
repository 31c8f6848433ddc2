package io.headrace.function;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The broadcasts that one function may ask for, as its worker reads them. Any thread may ask. */
record Broadcasts(String function, List<BroadcastReader<?>> readers) {
  static final Broadcasts NONE = new Broadcasts("", List.of());

  Broadcasts {
    readers = List.copyOf(readers);
  }

  /**
   * @throws Unavailable while it is not read whole
   */
  <R> Optional<Version<R>> inForce(Broadcast<R> broadcast, Instant time, Instant arrivedAt) {
    for (var reader : readers) {
      if (reader.broadcast() == broadcast) {
        return Broadcasts.<R>sameTyped(reader).inForce(time, arrivedAt);
      }
    }
    throw new IllegalStateException(
        broadcast
            + " is none of function "
            + function
            + "'s, which names "
            + readers.stream()
                .map(reader -> reader.broadcast().toString())
                .collect(Collectors.joining(", ", "[", "]"))
            + ": give the very object to withBroadcast(...)");
  }

  /** The broadcasts are the same object, so what they are of is the same. */
  @SuppressWarnings("unchecked")
  private static <R> BroadcastReader<R> sameTyped(BroadcastReader<?> reader) {
    return (BroadcastReader<R>) reader;
  }
}
