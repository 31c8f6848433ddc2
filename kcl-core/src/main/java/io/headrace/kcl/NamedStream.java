package io.headrace.kcl;

/** A stream that is described by service and name alone. */
record NamedStream(String service, String name) implements StreamSource {
  NamedStream {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("stream name: must not be empty");
    }
  }

  @Override
  public String toString() {
    return service + ":" + name;
  }
}
