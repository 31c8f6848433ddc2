package io.headrace.kcl.kinesis;

import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.async.SdkAsyncHttpResponseHandler;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Answers requests with pieces of a body, one for each that is asked for, on the thread that asks,
 * and fails as the SDK's own client does when the reader throws.
 */
final class ScriptedBody implements SdkAsyncHttpClient {
  private String type = "";
  private List<ByteBuffer> pieces = List.of();

  /** How many pieces were asked for, by the latest request. */
  long requested;

  boolean cancelled;

  private Body latest;

  /** What is answered from now on. */
  void answer(String contentType, List<ByteBuffer> body) {
    type = contentType;
    pieces = body;
  }

  /** The latest answer ends, as one does that nobody has asked for more. */
  void end() {
    latest.end();
  }

  /** The latest answer breaks off. */
  void breakOff(Exception why) {
    latest.breakOff(why);
  }

  /** A client whose events come on the thread that asks for them. */
  KinesisAsyncClient client() {
    return client(KinesisHttp::prepare);
  }

  /** The same, set up otherwise. */
  KinesisAsyncClient client(Consumer<ClientOverrideConfiguration.Builder> as) {
    return LocalStreams.builder(URI.create("http://127.0.0.1:1"))
        .httpClient(this)
        .overrideConfiguration(as)
        .asyncConfiguration(
            with ->
                with.advancedOption(
                    SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run))
        .build();
  }

  @Override
  public CompletableFuture<Void> execute(AsyncExecuteRequest request) {
    var handler = request.responseHandler();
    var done = new CompletableFuture<Void>();
    int length = pieces.stream().mapToInt(ByteBuffer::remaining).sum();
    handler.onHeaders(
        SdkHttpResponse.builder()
            .statusCode(200)
            .putHeader("Content-Type", type)
            .putHeader("Content-Length", Integer.toString(length))
            .build());
    latest = new Body(handler, done);
    handler.onStream(latest);
    return done;
  }

  @Override
  public void close() {}

  private final class Body implements Publisher<ByteBuffer>, Subscription {
    private final SdkAsyncHttpResponseHandler handler;
    private final CompletableFuture<Void> done;
    private final Iterator<ByteBuffer> left = pieces.iterator();
    private Subscriber<? super ByteBuffer> reader;
    private long demand;
    private boolean emitting;
    private boolean over;

    Body(SdkAsyncHttpResponseHandler handler, CompletableFuture<Void> done) {
      this.handler = handler;
      this.done = done;
      requested = 0;
      cancelled = false;
    }

    @Override
    public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
      reader = subscriber;
      subscriber.onSubscribe(this);
    }

    @Override
    public void request(long more) {
      requested += more;
      demand += more;
      if (emitting) {
        return;
      }
      emitting = true;
      while (demand > 0 && !over) {
        demand--;
        emit();
      }
      emitting = false;
    }

    private void emit() {
      if (!left.hasNext()) {
        end();
        return;
      }
      try {
        reader.onNext(left.next().duplicate());
      } catch (RuntimeException thrown) {
        over = true;
        handler.onError(thrown);
        done.completeExceptionally(thrown);
      }
    }

    void end() {
      over = true;
      reader.onComplete();
      done.complete(null);
    }

    void breakOff(Exception why) {
      over = true;
      reader.onError(why);
      handler.onError(why);
      done.completeExceptionally(why);
    }

    @Override
    public void cancel() {
      cancelled = true;
      if (!over) {
        over = true;
        var failure = new IllegalStateException("cancelled");
        handler.onError(failure);
        done.completeExceptionally(failure);
      }
    }
  }
}
