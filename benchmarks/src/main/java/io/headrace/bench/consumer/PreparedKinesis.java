package io.headrace.bench.consumer;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.kcl.kinesis.KinesisHttp;
import java.net.URI;
import java.util.List;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** The client by which workers of ours read a local server, set up as users are told to. */
public final class PreparedKinesis {
  private PreparedKinesis() {}

  /** Makes one. */
  public static KinesisAsyncClient at(URI endpoint, ExecutionInterceptor... interceptors) {
    return local(KinesisAsyncClient.builder(), endpoint)
        .httpClientBuilder(KinesisHttp.builder())
        .overrideConfiguration(
            override -> {
              KinesisHttp.prepare(override);
              List.of(interceptors).forEach(override::addExecutionInterceptor);
            })
        .build();
  }
}
