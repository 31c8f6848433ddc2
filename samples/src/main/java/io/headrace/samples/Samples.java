package io.headrace.samples;

import java.util.List;
import java.util.ServiceLoader;

/**
 * Where samples come from: the classes that the jar names as services, each with a constructor
 * without arguments. So this package knows none of them, and they may all know it.
 */
public final class Samples {
  private Samples() {}

  /** All samples, fresh for one run, in the order they are shown. */
  public static List<Sample> all() {
    return ServiceLoader.load(Sample.class, Samples.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }
}
