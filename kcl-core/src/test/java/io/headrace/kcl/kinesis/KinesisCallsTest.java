package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.loop.SimulatedLoop;
import java.net.URI;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** How calls are kept to one try; that they are is seen over the wire. */
class KinesisCallsTest {
  private static final URI NOWHERE = URI.create("http://127.0.0.1:1");

  @Test
  void only_a_client_that_retries_is_told_not_to_with_each_call() {
    try (var retries = LocalStreams.builder(NOWHERE).httpClient(LocalStreams.HTTP2).build();
        var triesOnce =
            LocalStreams.builder(NOWHERE)
                .httpClient(LocalStreams.HTTP2)
                .overrideConfiguration(as -> as.retryStrategy(DefaultRetryStrategy.doNotRetry()))
                .build()) {
      assertThat(calls(retries).oneTry.plugins()).hasSize(1);
      assertThat(calls(triesOnce).oneTry.plugins()).isEmpty();
    }
  }

  @Test
  void a_client_that_was_prepared_needs_no_plugin_and_its_interceptors_may_stand_beside() {
    try (var prepared =
            LocalStreams.builder(NOWHERE)
                .httpClient(LocalStreams.HTTP2)
                .overrideConfiguration(
                    as -> {
                      KinesisHttp.prepare(as);
                      as.addExecutionInterceptor(new ExecutionInterceptor() {});
                    })
                .build();
        var plain = LocalStreams.builder(NOWHERE).httpClient(LocalStreams.HTTP2).build()) {
      assertThat(calls(prepared).oneTry.plugins()).isEmpty();
      assertThat(calls(prepared).oneTry(new RecordsAside()).plugins()).isEmpty();
      assertThat(calls(plain).oneTry(new RecordsAside()).plugins()).hasSize(2);
    }
  }

  private static KinesisCalls calls(KinesisAsyncClient client) {
    var loop = new SimulatedLoop(1);
    return new KinesisCalls(client, Place.of("orders", client), loop, new SplittableRandom(1));
  }
}
