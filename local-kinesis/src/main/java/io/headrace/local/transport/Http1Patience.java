package io.headrace.local.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long a connection of HTTP/1.1 may dawdle: the head of a request must be whole within a time,
 * however its bytes trickle in, and a connection on which nothing moves is closed, unless it waits
 * for an answer of ours. One per connection, on its event loop, before the bytes become messages.
 */
final class Http1Patience extends ChannelInboundHandlerAdapter {
  private final Duration headMax;
  private @Nullable ScheduledFuture<?> deadline;
  private boolean inBody;

  Http1Patience(Duration headMax) {
    this.headMax = headMax;
  }

  void headArrived() {
    inBody = true;
    stopWaiting();
  }

  void bodyArrived() {
    inBody = false;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    // A body has a deadline of its own.
    if (deadline == null && !inBody) {
      deadline =
          context
              .executor()
              .schedule(() -> close(context), headMax.toMillis(), TimeUnit.MILLISECONDS);
    }
    context.fireChannelRead(message);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (!(event instanceof IdleStateEvent)) {
      context.fireUserEventTriggered(event);
      return;
    }
    OneAtATime answers = context.pipeline().get(OneAtATime.class);
    boolean theyWait = answers != null && !answers.isIdle();
    ChannelOutboundBuffer unsent = context.channel().unsafe().outboundBuffer();
    boolean theyDoNotRead = unsent != null && unsent.totalPendingWriteBytes() > 0;
    if (!theyWait || theyDoNotRead) {
      close(context);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    stopWaiting();
  }

  private void stopWaiting() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  private static void close(ChannelHandlerContext context) {
    var unused = context.close();
  }
}
