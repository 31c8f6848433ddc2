package io.headrace.function.guice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.function.Destination;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.RuntimeListener;
import io.headrace.function.json.Json;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import io.headrace.lease.LeaseTable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeadraceModuleTest {
  @Test
  void a_runtime_of_what_is_bound_runs_the_functions_that_are_bound() throws Exception {
    var heard = new CopyOnWriteArrayList<String>();
    var settled = new CountDownLatch(1);
    try (var loop = ThreadedLoop.start("streams", fault -> heard.add("fault " + fault))) {
      var streams = new InMemoryStreams("kinesis");
      streams.create("words", 1, loop).put("key", "\"hello\"".getBytes(StandardCharsets.UTF_8));
      var injector =
          Guice.createInjector(
              new HeadraceModule("app"),
              new AbstractModule() {
                @Override
                protected void configure() {
                  HeadraceModule.function(binder()).toInstance(hearing(heard));
                  HeadraceModule.listener(binder())
                      .toInstance(
                          new RuntimeListener() {
                            @Override
                            public void on(Object event) {
                              if (event instanceof WorkerEvent.Settled) {
                                settled.countDown();
                              }
                            }
                          });
                  bind(LeaseTable.class).toInstance(new InMemoryLeaseTable());
                  bind(CheckpointStore.class).toInstance(new InMemoryCheckpointStore());
                  bind(StreamConnector.class).toInstance(streams);
                }
              });

      try (var running = injector.getInstance(FunctionRuntime.class).start()) {
        assertThat(settled.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(running.health().alive()).isTrue();
      }
    }
    assertThat(heard).containsExactly("hello");
  }

  @Test
  void what_is_required_and_not_bound_is_named_at_start() {
    var injector =
        Guice.createInjector(
            new HeadraceModule("app"),
            new AbstractModule() {
              @Override
              protected void configure() {
                HeadraceModule.function(binder()).toInstance(hearing(List.of()));
              }
            });

    assertThatThrownBy(() -> injector.getInstance(FunctionRuntime.class).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("leasesIn");
  }

  private static FunctionSpec<String, String> hearing(List<String> heard) {
    return FunctionSpec.named("hearing")
        .reading(Input.of(StreamSource.kinesis("words"), Json.of(String.class)))
        .<String>handledBy(() -> (event, out) -> heard.add(event.value()), Destination.nowhere());
  }
}
