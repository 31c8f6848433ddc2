package io.headrace.local.transport;

import io.headrace.local.LocalKinesis;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.timeout.IdleStateEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long a connection of HTTP/2 may say nothing: its client may wait for minutes for what its
 * streams bring, so it is asked whether it is still there, and cut off when it does not answer. The
 * last handler of its connection, on its event loop.
 */
final class Http2Patience extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(LocalKinesis.class);
  private static final long QUESTION = 0x6865616472616365L;

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (!(event instanceof IdleStateEvent idle)) {
      context.fireUserEventTriggered(event);
    } else if (idle.isFirst()) {
      var unused = context.writeAndFlush(new DefaultHttp2PingFrame(QUESTION));
    } else {
      var unused = context.channel().close();
    }
  }

  /** The codec has told the client and closes the connection itself. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("an HTTP/2 connection broke: {}", cause.getClass().getName());
  }
}
