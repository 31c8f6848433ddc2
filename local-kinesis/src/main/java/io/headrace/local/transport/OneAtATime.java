package io.headrace.local.transport;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Holds back the requests of an HTTP/1.1 connection while an answer is on its way: answers must
 * leave in the order of the requests, and some take longer than the next one would. One per
 * connection, on its event loop.
 */
final class OneAtATime extends ChannelDuplexHandler {
  // A client that sends more than this ahead is not read from until some are answered.
  private static final int WAITING_MAX = 16;

  private final Deque<FullHttpRequest> waiting = new ArrayDeque<>();
  private boolean answering;
  private boolean passing;

  /** Whether every request has had its answer. */
  boolean isIdle() {
    return !answering && waiting.isEmpty();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof FullHttpRequest request)) {
      context.fireChannelRead(message);
      return;
    }
    waiting.add(request);
    if (waiting.size() > WAITING_MAX) {
      context.channel().config().setAutoRead(false);
    }
    passOn(context);
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    boolean isLast = message instanceof LastHttpContent;
    var unused = context.write(message, promise);
    if (isLast) {
      answering = false;
      passOn(context);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
  }

  // An answer may be written while its request is still being passed on, which must not nest.
  private void passOn(ChannelHandlerContext context) {
    if (passing) {
      return;
    }
    passing = true;
    try {
      while (!answering && !waiting.isEmpty()) {
        answering = true;
        context.fireChannelRead(waiting.remove());
      }
    } finally {
      passing = false;
    }
    if (waiting.isEmpty() && context.channel().isWritable()) {
      context.channel().config().setAutoRead(true);
    }
  }
}
