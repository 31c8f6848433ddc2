package io.headrace.console.app;

import com.google.inject.AbstractModule;
import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.guice.HeadraceModule;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;

/** Functions that need something of a module. */
final class Configured {
  record Suffix(String text) {}

  static FunctionSpec<String, String> spec(Suffix suffix) {
    return FunctionSpec.named("configured-" + suffix.text())
        .reading(Input.of(StreamSource.kinesis("words"), Json.of(String.class)))
        .<String>handledBy(() -> (event, out) -> out.send(event.value()), Destination.nowhere());
  }

  /** Binds what {@link Configured#spec} takes, and a function of its own. */
  static final class Module extends AbstractModule {
    @Override
    protected void configure() {
      bind(Suffix.class).toInstance(new Suffix("x"));
      HeadraceModule.function(binder()).toInstance(spec(new Suffix("bound")));
    }
  }

  /** A class that names no function. */
  static final class Nothing {}

  private Configured() {}
}
