package io.headrace.function.aws;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;

/**
 * What S3 does and S3Mock does not: of two conditional puts of one object at once, the second is
 * refused with 409 ConditionalRequestConflict. S3Mock looks whether the object is there and writes
 * it in two steps, so that both may succeed.
 */
final class ConflictingPuts implements SdkAsyncHttpClient {
  private static final String CONFLICT =
      "<Error><Code>ConditionalRequestConflict</Code>"
          + "<Message>A conflicting operation is under way.</Message></Error>";

  private final SdkAsyncHttpClient http;
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean refusesNext = new AtomicBoolean();

  ConflictingPuts(SdkAsyncHttpClient http) {
    this.http = http;
  }

  /** The next put finds another under way, whatever its object. */
  void refuseNext() {
    refusesNext.set(true);
  }

  boolean refusesNext() {
    return refusesNext.get();
  }

  @Override
  public CompletableFuture<Void> execute(AsyncExecuteRequest call) {
    if (call.request().method() != SdkHttpMethod.PUT) {
      return http.execute(call);
    }
    var object = call.request().encodedPath();
    if (refusesNext.getAndSet(false) || !underWay.add(object)) {
      return refuse(call);
    }
    return http.execute(call).whenComplete((done, thrown) -> underWay.remove(object));
  }

  private static CompletableFuture<Void> refuse(AsyncExecuteRequest call) {
    byte[] body = CONFLICT.getBytes(UTF_8);
    var response =
        SdkHttpResponse.builder()
            .statusCode(409)
            .putHeader("Content-Type", "application/xml")
            .putHeader("Content-Length", Integer.toString(body.length));
    call.responseHandler().onHeaders(response.build());
    call.responseHandler().onStream(SdkPublisher.fromIterable(List.of(ByteBuffer.wrap(body))));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public String clientName() {
    return http.clientName();
  }

  @Override
  public void close() {
    http.close();
  }
}
