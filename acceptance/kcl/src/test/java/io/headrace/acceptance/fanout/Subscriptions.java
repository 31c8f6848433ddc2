package io.headrace.acceptance.fanout;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;

/**
 * Every SubscribeToShard that workers send, how it ended and why there had to be another. The
 * clients that it watches are the real ones. Any thread.
 */
final class Subscriptions {
  /** Nobody may renew in order before; the product draws a time from here to 295 s. */
  private static final Duration RENEWED_FROM = Duration.ofMinutes(4);

  private static final ExecutionAttribute<Call> OF_CALL = new ExecutionAttribute<>("CourseCall");

  /** Stands in the headers of a message by which the service ends a subscription. */
  private static final String EXCEPTION = ":exception-type";

  private enum End {
    NONE_YET,
    /** Never accepted. */
    REFUSED,
    /** Nobody here let it go: forced, after five minutes, with its shard, or cut off. */
    BY_SERVER,
    /** The worker let it go in time to renew it. */
    RENEWED,
    /** The worker let it go before: the shard has ended, or goes to another worker. */
    LET_GO
  }

  /** One call; guarded by the monitor of its subscriptions. */
  private static final class Call {
    final String shard;
    final String worker;
    final long calledAt = System.nanoTime();
    long acceptedAt;
    boolean accepted;
    boolean over;
    boolean letGo;
    long letGoAt;
    End end = End.NONE_YET;

    Call(String shard, String worker) {
      this.shard = shard;
      this.worker = worker;
    }
  }

  /** A subscription that followed one that the server ended. */
  record Renewal(String shard, String worker, long at) {
    Duration age() {
      return Duration.ofNanos(System.nanoTime() - at);
    }
  }

  /**
   * What the course is judged by.
   *
   * @param calls SubscribeToShard as sent, refused ones too
   * @param first shards that were subscribed to
   * @param forced ends by the server after which the shard was subscribed to again
   * @param renewed the same at 240 to 295 s
   */
  record Account(int calls, int refused, int first, int forced, int renewed) {
    int due() {
      return first + forced + renewed;
    }

    int accepted() {
      return calls - refused;
    }
  }

  private final List<Call> calls = new ArrayList<>();
  private final List<String> timeOuts = new ArrayList<>();

  /** Watches a client, whose events go past the SDK: put behind what takes them. */
  ExecutionInterceptor watching(String worker) {
    return new Watching(worker);
  }

  private synchronized void noteTimeOut(String what, @Nullable Throwable failure) {
    if (TimeOuts.isOne(failure)) {
      timeOuts.add(what + ": " + failure);
    }
  }

  private synchronized Call called(String shard, String worker) {
    var call = new Call(shard, worker);
    calls.add(call);
    return call;
  }

  private synchronized void accepted(Call call) {
    call.accepted = true;
    call.acceptedAt = System.nanoTime();
  }

  private synchronized void ended(Call call, @Nullable Throwable failure) {
    noteTimeOut(call.worker + ", subscription to " + call.shard, failure);
    if (call.end != End.NONE_YET) {
      return;
    }
    if (!call.accepted) {
      call.end = call.letGo ? End.LET_GO : End.REFUSED;
    } else if (!call.letGo) {
      call.end = End.BY_SERVER;
    } else {
      var lived = Duration.ofNanos(call.letGoAt - call.acceptedAt);
      call.end = lived.compareTo(RENEWED_FROM) >= 0 ? End.RENEWED : End.LET_GO;
    }
  }

  /** The stream of events ended by itself, or with a failure of the service. */
  private synchronized void over(Call call) {
    call.over = true;
  }

  /** The worker cancels, which says something only while events may come. */
  private synchronized void letGo(Call call) {
    if (!call.over && call.end == End.NONE_YET && !call.letGo) {
      call.letGo = true;
      call.letGoAt = System.nanoTime();
    }
  }

  private static Duration age(Call call) {
    return Duration.ofNanos(System.nanoTime() - call.acceptedAt);
  }

  /** As of now. An end makes another subscription due only when the shard was read on. */
  synchronized Account account() {
    var lasts =
        calls.stream()
            .collect(Collectors.toMap(call -> call.shard, call -> call, (one, other) -> other));
    int refused = 0;
    int forced = 0;
    int renewed = 0;
    for (var call : calls) {
      boolean readOn = lasts.get(call.shard) != call;
      refused += call.end == End.REFUSED ? 1 : 0;
      forced += call.end == End.BY_SERVER && readOn ? 1 : 0;
      renewed += call.end == End.RENEWED && readOn ? 1 : 0;
    }
    return new Account(calls.size(), refused, lasts.size(), forced, renewed);
  }

  /**
   * The latest that followed an end by the server, on the same worker, and is younger than this.
   */
  synchronized Optional<Renewal> renewedWithin(Duration age) {
    for (int i = calls.size() - 1; i >= 0; i--) {
      var call = calls.get(i);
      if (call.accepted && age(call).compareTo(age) < 0) {
        var before = before(i);
        if (before != null && before.end == End.BY_SERVER && before.worker.equals(call.worker)) {
          return Optional.of(new Renewal(call.shard, call.worker, call.acceptedAt));
        }
      }
    }
    return Optional.empty();
  }

  private @Nullable Call before(int index) {
    for (int i = index - 1; i >= 0; i--) {
      if (calls.get(i).shard.equals(calls.get(index).shard)) {
        return calls.get(i);
      }
    }
    return null;
  }

  /** How long after the renewal another worker sent its first for the shard. */
  synchronized Optional<Duration> takenOver(Renewal renewal) {
    return calls.stream()
        .filter(call -> call.shard.equals(renewal.shard()) && call.calledAt - renewal.at() > 0)
        .filter(call -> !call.worker.equals(renewal.worker()))
        .findFirst()
        .map(call -> Duration.ofNanos(call.calledAt - renewal.at()));
  }

  /** Calls that ended because somebody's patience did. */
  synchronized List<String> timeOuts() {
    return List.copyOf(timeOuts);
  }

  /** One line a call, for whoever looks into a failure. */
  @Override
  public synchronized String toString() {
    var began = calls.isEmpty() ? 0 : calls.get(0).calledAt;
    return calls.stream()
        .map(
            call ->
                "%7.1f s %s by %s: %s"
                    .formatted((call.calledAt - began) / 1e9, call.shard, call.worker, call.end))
        .collect(Collectors.joining("\n"));
  }

  /** Sees the bytes of answers before anybody takes them. */
  private final class Watching implements ExecutionInterceptor {
    private final String worker;

    Watching(String worker) {
      this.worker = worker;
    }

    @Override
    public void beforeExecution(Context.BeforeExecution sent, ExecutionAttributes attributes) {
      if (sent.request() instanceof SubscribeToShardRequest request) {
        attributes.putAttribute(OF_CALL, called(request.shardId(), worker));
      }
    }

    @Override
    public Optional<Publisher<ByteBuffer>> modifyAsyncHttpResponseContent(
        Context.ModifyHttpResponse answer, ExecutionAttributes attributes) {
      var call = attributes.getAttribute(OF_CALL);
      var body = answer.responsePublisher();
      if (call == null || !answer.httpResponse().isSuccessful()) {
        return body;
      }
      accepted(call);
      return body.map(events -> reader -> events.subscribe(new WatchedEvents(call, reader)));
    }

    @Override
    public void onExecutionFailure(Context.FailedExecution failed, ExecutionAttributes attributes) {
      var call = attributes.getAttribute(OF_CALL);
      if (call == null) {
        noteTimeOut(
            worker + ", " + failed.request().getClass().getSimpleName(), failed.exception());
      } else {
        ended(call, failed.exception());
      }
    }
  }

  /** Passes everything on, and tells who ended it. */
  private final class WatchedEvents implements Subscriber<ByteBuffer>, Subscription {
    private final Call call;
    private final Subscriber<? super ByteBuffer> to;
    private volatile Subscription from;

    WatchedEvents(Call call, Subscriber<? super ByteBuffer> to) {
      this.call = call;
      this.to = to;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      from = subscription;
      to.onSubscribe(this);
    }

    @Override
    public void request(long pieces) {
      from.request(pieces);
    }

    @Override
    public void cancel() {
      letGo(call);
      from.cancel();
      ended(call, null);
    }

    @Override
    public void onNext(ByteBuffer piece) {
      if (StandardCharsets.ISO_8859_1.decode(piece.duplicate()).toString().contains(EXCEPTION)) {
        over(call);
      }
      to.onNext(piece);
    }

    @Override
    public void onError(Throwable failure) {
      over(call);
      to.onError(failure);
      ended(call, failure);
    }

    @Override
    public void onComplete() {
      over(call);
      to.onComplete();
      ended(call, null);
    }
  }
}
