package io.headrace.kcl.kinesis;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.async.SdkAsyncHttpResponseHandler;

/**
 * An HTTP client that knows of its subscriptions, so that virtual time can wait for what they
 * bring. A subscription is under way until its first event is there: what follows comes when the
 * server has something.
 */
final class CountedHttp implements SdkAsyncHttpClient {
  private static final String TARGET = "Kinesis_20131202.SubscribeToShard";

  /** Stands in the headers of each event; the first one's are in one piece. */
  private static final String EVENT = "SubscribeToShardEvent";

  /** SubscribeToShard as it was asked for. */
  final List<SdkHttpRequest> made = new CopyOnWriteArrayList<>();

  /** How many of them are over. */
  final AtomicInteger ended = new AtomicInteger();

  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger owed = new AtomicInteger();
  private final SdkAsyncHttpClient real;

  CountedHttp(SdkAsyncHttpClient real) {
    this.real = real;
  }

  /** How many pieces of events are waited for. */
  int owed() {
    return owed.get();
  }

  int underWay() {
    return underWay.get();
  }

  @Override
  public CompletableFuture<Void> execute(AsyncExecuteRequest request) {
    if (request.request().firstMatchingHeader("X-Amz-Target").filter(TARGET::equals).isEmpty()) {
      return real.execute(request);
    }
    made.add(request.request());
    underWay.incrementAndGet();
    var answer = new Answer(request.responseHandler());
    var sent =
        real.execute(
            AsyncExecuteRequest.builder()
                .request(request.request())
                .requestContentPublisher(request.requestContentPublisher())
                .fullDuplex(request.fullDuplex())
                .metricCollector(request.metricCollector().orElse(null))
                .httpExecutionAttributes(request.httpExecutionAttributes())
                .responseHandler(answer)
                .build());
    CompletionStage<Void> ending = sent;
    ending.whenComplete((nothing, failure) -> answer.end());
    return sent;
  }

  @Override
  public void close() {
    real.close();
  }

  private final class Answer implements SdkAsyncHttpResponseHandler {
    private final SdkAsyncHttpResponseHandler to;
    private final AtomicBoolean read = new AtomicBoolean();
    private final AtomicBoolean begun = new AtomicBoolean();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger ours = new AtomicInteger();

    Answer(SdkAsyncHttpResponseHandler to) {
      this.to = to;
    }

    @Override
    public void onHeaders(SdkHttpResponse head) {
      to.onHeaders(head);
    }

    @Override
    public void onStream(Publisher<ByteBuffer> body) {
      to.onStream(
          reader -> {
            read.set(true);
            body.subscribe(new Counted(reader, this));
          });
      if (!read.get()) {
        begin();
      }
    }

    @Override
    public void onError(Throwable failure) {
      to.onError(failure);
      end();
    }

    void begin() {
      if (!begun.getAndSet(true)) {
        underWay.decrementAndGet();
      }
    }

    void asked() {
      ours.incrementAndGet();
      owed.incrementAndGet();
    }

    void came() {
      // One that was on its way when the subscription was let go of is owed no more.
      if (ours.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
        owed.decrementAndGet();
      }
    }

    void end() {
      owed.addAndGet(-ours.getAndSet(0));
      if (!over.getAndSet(true)) {
        ended.incrementAndGet();
        begin();
      }
    }
  }

  /** Passes everything on, and counts pieces that were asked for and did not come yet. */
  private static final class Counted implements Subscriber<ByteBuffer>, Subscription {
    private final Subscriber<? super ByteBuffer> to;
    private final Answer answer;
    private volatile Subscription from;

    Counted(Subscriber<? super ByteBuffer> to, Answer answer) {
      this.to = to;
      this.answer = answer;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      from = subscription;
      to.onSubscribe(this);
    }

    @Override
    public void request(long pieces) {
      if (pieces == 1) {
        // Who asks for more reads an error, to its end.
        answer.asked();
      }
      from.request(pieces);
    }

    @Override
    public void cancel() {
      answer.end();
      from.cancel();
    }

    @Override
    public void onNext(ByteBuffer piece) {
      boolean isOfEvent =
          StandardCharsets.ISO_8859_1.decode(piece.duplicate()).toString().contains(EVENT);
      to.onNext(piece);
      answer.came();
      if (isOfEvent) {
        answer.begin();
      }
    }

    @Override
    public void onError(Throwable failure) {
      to.onError(failure);
      answer.end();
    }

    @Override
    public void onComplete() {
      to.onComplete();
      answer.end();
    }
  }
}
