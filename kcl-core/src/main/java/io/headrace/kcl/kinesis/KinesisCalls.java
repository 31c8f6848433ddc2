package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.SdkPlugin;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Calls of one stream: each try has a time-out from the loop, so that a silent server hangs
 * nothing, and fails with StreamException only. Any thread may call.
 */
final class KinesisCalls {
  /** How long one try may take. */
  static final Duration TRY_MAX = Duration.ofSeconds(10);

  /** How long failures that may pass are retried before the caller hears of them. */
  static final Duration RETRYING_MAX = Duration.ofSeconds(30);

  private static final AwsRequestOverrideConfiguration AS_IT_IS =
      AwsRequestOverrideConfiguration.builder().build();

  private static final Aside.Taking TAKING = new Aside.Taking();

  /** Goes with each request: the SDK's own retries would be calls that no pace has counted. */
  final AwsRequestOverrideConfiguration oneTry;

  private final boolean takesRecords;
  final KinesisAsyncClient client;
  final EventLoop loop;
  final Place place;
  private final RandomGenerator random;

  KinesisCalls(KinesisAsyncClient client, Place place, EventLoop loop, RandomGenerator random) {
    this.client = client;
    this.oneTry =
        retries(client)
            ? AS_IT_IS.toBuilder()
                .addPlugin(changing(as -> as.retryStrategy(DefaultRetryStrategy.doNotRetry())))
                .build()
            : AS_IT_IS;
    this.takesRecords = takesRecords(client);
    this.place = place;
    this.loop = loop;
    this.random = random;
  }

  /**
   * What Headrace's calls want of a client. One that has it makes them cheaper: where a request
   * changes it by a plugin, the SDK makes its whole configuration anew, which takes 50 µs. Once or
   * more often is the same: where two took records, one would get none, and an end of events.
   */
  static void prepare(ClientOverrideConfiguration.Builder client) {
    client.retryStrategy(DefaultRetryStrategy.doNotRetry());
    if (!client.executionInterceptors().contains(TAKING)) {
      client.addExecutionInterceptor(TAKING);
    }
  }

  /** The same as {@link #oneTry}, for one request whose records this takes. */
  AwsRequestOverrideConfiguration oneTry(Aside aside) {
    var request = oneTry.toBuilder().putExecutionAttribute(Aside.OF_CALL, aside);
    if (!takesRecords) {
      request.addPlugin(changing(client -> client.addExecutionInterceptor(TAKING)));
    }
    return request.build();
  }

  private static SdkPlugin changing(Consumer<ClientOverrideConfiguration.Builder> change) {
    return client -> {
      var override = client.overrideConfiguration().toBuilder();
      change.accept(override);
      client.overrideConfiguration(override.build());
    };
  }

  private static boolean takesRecords(KinesisAsyncClient client) {
    return client
        .serviceClientConfiguration()
        .overrideConfiguration()
        .executionInterceptors()
        .contains(TAKING);
  }

  private static boolean retries(KinesisAsyncClient client) {
    return client
        .serviceClientConfiguration()
        .overrideConfiguration()
        .retryStrategy()
        .map(strategy -> strategy.maxAttempts() > 1)
        .orElse(true);
  }

  /** For use on the loop only: generators need not be safe to share. */
  RandomGenerator random() {
    return random;
  }

  /**
   * One try. The future fails with StreamException only, and completes on any thread; cancelling it
   * gives the call up.
   *
   * @param action what messages call it, such as {@code GetRecords}
   */
  <T> CompletableFuture<T> once(
      String action, Function<KinesisAsyncClient, CompletableFuture<T>> call) {
    CompletableFuture<T> sent;
    try {
      sent = call.apply(client);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(Failure.of(action, place, refused));
    }
    var answer = new CompletableFuture<T>();
    var timeOut =
        loop.schedule(
            TRY_MAX,
            () ->
                answer.completeExceptionally(
                    Failure.of(action, place, new TimeoutException(TRY_MAX + " passed"))));
    CompletionStage<T> sending = sent;
    sending.whenComplete(
        (result, failure) -> {
          timeOut.cancel();
          if (failure == null) {
            answer.complete(result);
          } else {
            answer.completeExceptionally(Failure.of(action, place, failure));
          }
        });
    CompletionStage<T> answering = answer;
    answering.whenComplete(
        (result, failure) -> {
          if (failure != null) {
            // Timed out or given up: the connection is of no use to anybody else.
            sent.cancel(true);
          }
        });
    return answer;
  }

  /** Tries until it succeeds, fails for good, or {@link #RETRYING_MAX} is over. */
  <T> CompletableFuture<T> retrying(
      String action, Function<KinesisAsyncClient, CompletableFuture<T>> call) {
    var answer = new CompletableFuture<T>();
    loop.execute(() -> attempt(action, call, answer, new RetryPace(), loop.ticks()));
    return answer;
  }

  private <T> void attempt(
      String action,
      Function<KinesisAsyncClient, CompletableFuture<T>> call,
      CompletableFuture<T> answer,
      RetryPace retry,
      long began) {
    CompletionStage<T> tried = once(action, call);
    tried.whenComplete(
        (result, failure) ->
            loop.execute(
                () -> {
                  if (failure == null) {
                    answer.complete(result);
                    return;
                  }
                  StreamException why = Failure.of(action, place, failure);
                  long now = loop.ticks();
                  if (why.kind() != Kind.RETRYABLE || now - began > RETRYING_MAX.toNanos()) {
                    answer.completeExceptionally(why);
                    return;
                  }
                  retry.failed(now, random.nextDouble());
                  loop.schedule(
                      Duration.ofNanos(retry.waitNanos(now)),
                      () -> attempt(action, call, answer, retry, began));
                }));
  }
}
