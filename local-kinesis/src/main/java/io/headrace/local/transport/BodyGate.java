package io.headrace.local.transport;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets the body of a request through when the connection has room for it, and gives it so long to
 * arrive; until then nothing more is read. One per connection of HTTP/1.1 and per stream of HTTP/2,
 * on the connection's event loop.
 */
abstract class BodyGate extends ChannelDuplexHandler {
  private final Bodies bodies;
  private final Duration arrivalMax;
  private final Deque<Object> held = new ArrayDeque<>();
  private final Deque<Body> unanswered = new ArrayDeque<>();
  private final Runnable enter = this::enter;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Body arriving;
  private @Nullable ScheduledFuture<?> deadline;
  private boolean waits;
  private boolean readWanted;

  BodyGate(Bodies bodies, Duration arrivalMax) {
    this.bodies = bodies;
    this.arrivalMax = arrivalMax;
  }

  /** The head of a request is here. */
  abstract void headArrived();

  /** A body of so many bytes at most has been let in. */
  abstract void letIn(ChannelHandlerContext here, long bytesMax);

  /** The rest of the request is here too. */
  abstract void bodyArrived();

  /** Too many bodies wait already: says so to the client, and closes the channel. */
  abstract void refuse(ChannelHandlerContext here);

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext here, Object message) {
    if (waits) {
      held.add(message);
    } else {
      take(here, message);
    }
  }

  @Override
  public void read(ChannelHandlerContext here) {
    if (waits) {
      readWanted = true;
    } else {
      here.read();
    }
  }

  @Override
  public void write(ChannelHandlerContext here, Object message, ChannelPromise promise) {
    boolean isAnswer =
        message instanceof HttpResponse response
            && response.status().codeClass() != HttpStatusClass.INFORMATIONAL;
    var unused = here.write(message, promise);
    Body answered = isAnswer ? unanswered.poll() : null;
    if (answered != null) {
      bodies.leave(answered.bytes);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext here) {
    end();
    here.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    end();
  }

  private void take(ChannelHandlerContext here, Object message) {
    if (message instanceof HttpRequest request) {
      headArrived();
      long wanted = wanted(request);
      switch (bodies.enter(wanted, enter)) {
        case IN -> begin(here, request, wanted);
        case WAITS -> {
          waits = true;
          held.add(message);
          return;
        }
        case REFUSED -> {
          ReferenceCountUtil.release(message);
          refuse(here);
          return;
        }
      }
    }
    pass(here, message);
  }

  private void begin(ChannelHandlerContext here, HttpRequest request, long wanted) {
    Body body = new Body(wanted);
    unanswered.add(body);
    arriving = body;
    letIn(here, wanted);
    if (!(request instanceof FullHttpRequest)) {
      deadline =
          here.executor()
              .schedule(() -> tooSlow(here), arrivalMax.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void pass(ChannelHandlerContext here, Object message) {
    if (message instanceof HttpContent content && arriving != null) {
      arriving.received += content.content().readableBytes();
      if (message instanceof LastHttpContent) {
        arrived();
      }
    }
    here.fireChannelRead(message);
  }

  // Much room may have been kept for a body of unknown size.
  private void arrived() {
    Body body = arriving;
    arriving = null;
    stopWaiting();
    bodyArrived();
    if (body != null && body.received < body.bytes && unanswered.contains(body)) {
      long kept = body.bytes - body.received;
      body.bytes = body.received;
      bodies.leave(kept);
    }
  }

  private void enter() {
    ChannelHandlerContext here = context;
    Object first = held.poll();
    waits = false;
    if (here == null || !(first instanceof HttpRequest request)) {
      return;
    }
    begin(here, request, wanted(request));
    pass(here, first);
    while (!waits && !held.isEmpty()) {
      take(here, held.remove());
    }
    if (!waits && readWanted) {
      readWanted = false;
      here.read();
    }
  }

  private void tooSlow(ChannelHandlerContext here) {
    var unused = here.close();
  }

  private void stopWaiting() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  /** Nothing more comes and nobody waits for an answer. */
  final void end() {
    stopWaiting();
    arriving = null;
    held.forEach(ReferenceCountUtil::release);
    held.clear();
    if (waits) {
      waits = false;
      bodies.giveUp(enter);
    }
    for (Body body = unanswered.poll(); body != null; body = unanswered.poll()) {
      bodies.leave(body.bytes);
    }
  }

  private static long wanted(HttpRequest request) {
    if (request instanceof FullHttpRequest full) {
      return full.content().readableBytes();
    }
    if (HttpUtil.isTransferEncodingChunked(request)) {
      return HttpServer.BODY_BYTES_MAX;
    }
    try {
      long length = HttpUtil.getContentLength(request, 0L);
      return Math.max(0, Math.min(length, HttpServer.BODY_BYTES_MAX));
    } catch (NumberFormatException e) {
      return HttpServer.BODY_BYTES_MAX;
    }
  }

  private static final class Body {
    long bytes;
    long received;

    Body(long bytes) {
      this.bytes = bytes;
    }
  }
}
