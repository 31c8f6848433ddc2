package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.CreateStreamRequest;
import software.amazon.awssdk.services.kinesis.model.CreateStreamResponse;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * Makes a stream on demand, and waits until it takes records. Several workers may do so at once.
 */
final class StreamCreation {
  /** How often the service is asked whether the stream is there. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  /** What the service takes for it is half a minute at most. */
  private static final int LOOKS_MAX = 240;

  private final KinesisCalls calls;

  StreamCreation(KinesisCalls calls) {
    this.calls = calls;
  }

  /** Completes when the stream is active, whoever made it; fails with StreamException only. */
  CompletionStage<Void> create() {
    var request =
        CreateStreamRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .streamName(calls.place.stream())
            .streamModeDetails(mode -> mode.streamMode(StreamMode.ON_DEMAND))
            .build();
    return calls
        .retrying("CreateStream", client -> unlessThere(client, request))
        .thenCompose(done -> active(LOOKS_MAX));
  }

  private static CompletableFuture<CreateStreamResponse> unlessThere(
      KinesisAsyncClient client, CreateStreamRequest request) {
    return client
        .createStream(request)
        .exceptionallyCompose(
            thrown ->
                thrown instanceof ResourceInUseException
                        || thrown.getCause() instanceof ResourceInUseException
                    ? CompletableFuture.completedFuture(CreateStreamResponse.builder().build())
                    : CompletableFuture.failedFuture(thrown));
  }

  private CompletionStage<Void> active(int looks) {
    var request =
        DescribeStreamSummaryRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .streamName(calls.place.stream())
            .build();
    return calls
        .retrying("DescribeStreamSummary", client -> client.describeStreamSummary(request))
        .thenCompose(
            answer -> {
              var status = answer.streamDescriptionSummary().streamStatus();
              if (status == StreamStatus.ACTIVE || status == StreamStatus.UPDATING) {
                return CompletableFuture.<Void>completedFuture(null);
              }
              if (looks == 1 || status == StreamStatus.DELETING) {
                return CompletableFuture.<Void>failedFuture(
                    new StreamException(
                        Kind.RETRYABLE,
                        calls.place + " was made and is " + status + " still; start again"));
              }
              return later().thenCompose(done -> active(looks - 1));
            });
  }

  private CompletableFuture<Void> later() {
    var done = new CompletableFuture<Void>();
    calls.loop.schedule(LOOK_EVERY, () -> done.complete(null));
    return done;
  }
}
