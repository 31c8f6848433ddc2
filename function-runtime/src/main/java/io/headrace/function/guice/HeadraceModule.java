package io.headrace.function.guice;

import com.google.inject.AbstractModule;
import com.google.inject.Binder;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import com.google.inject.binder.LinkedBindingBuilder;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.multibindings.OptionalBinder;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.function.CallObserver;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.RuntimeListener;
import io.headrace.kcl.StreamConnector;
import io.headrace.lease.LeaseTable;
import java.util.Optional;
import java.util.Set;

/**
 * Wires a {@link FunctionRuntime} of the functions that are bound, and of the tables, stores and
 * connectors that are bound; what is not bound is what the runtime takes by itself. The same graph
 * as the runtime's own builder makes: nothing else knows Guice.
 *
 * <pre>{@code
 * var injector = Guice.createInjector(new HeadraceModule("payments"), new AbstractModule() {
 *   @Override protected void configure() {
 *     HeadraceModule.function(binder()).toInstance(CardVelocity.spec());
 *     bind(LeaseTable.class).toInstance(leases);
 *   }
 * });
 * try (var running = injector.getInstance(FunctionRuntime.class).start()) { … }
 * }</pre>
 */
public final class HeadraceModule extends AbstractModule {
  private static final TypeLiteral<FunctionSpec<?, ?>> FUNCTION = new TypeLiteral<>() {};

  private final String application;

  /**
   * @param application names the fleet
   */
  public HeadraceModule(String application) {
    this.application = application;
  }

  /** Binds one more function to run; called by the application's modules. */
  public static LinkedBindingBuilder<FunctionSpec<?, ?>> function(Binder binder) {
    return Multibinder.newSetBinder(binder, FUNCTION).addBinding();
  }

  /** Binds one more listener; called by the application's modules. */
  public static LinkedBindingBuilder<RuntimeListener> listener(Binder binder) {
    return Multibinder.newSetBinder(binder, RuntimeListener.class).addBinding();
  }

  @Override
  protected void configure() {
    Multibinder.newSetBinder(binder(), FUNCTION);
    Multibinder.newSetBinder(binder(), RuntimeListener.class);
    OptionalBinder.newOptionalBinder(binder(), LeaseTable.class);
    OptionalBinder.newOptionalBinder(binder(), CheckpointStore.class);
    OptionalBinder.newOptionalBinder(binder(), ChunkStore.class);
    OptionalBinder.newOptionalBinder(binder(), StreamConnector.class);
    OptionalBinder.newOptionalBinder(binder(), CallObserver.class);
  }

  @Provides
  @Singleton
  FunctionRuntime runtime(
      Set<FunctionSpec<?, ?>> functions,
      Set<RuntimeListener> listeners,
      Optional<LeaseTable> leases,
      Optional<CheckpointStore> checkpoints,
      Optional<ChunkStore> state,
      Optional<StreamConnector> connector,
      Optional<CallObserver> observer) {
    var runtime = FunctionRuntime.named(application);
    leases.ifPresent(runtime::leasesIn);
    checkpoints.ifPresent(runtime::checkpointsIn);
    state.ifPresent(runtime::stateIn);
    connector.ifPresent(runtime::connecting);
    observer.ifPresent(runtime::callsObservedBy);
    functions.forEach(runtime::run);
    listeners.forEach(runtime::observedBy);
    return runtime;
  }
}
