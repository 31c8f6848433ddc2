package io.headrace.local.transport;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.time.Duration;

/**
 * The body of one stream of HTTP/2. Streams may send little until they are let in, and much from
 * then on, so that those which wait hold little together.
 */
final class Http2Gate extends BodyGate {
  private static final int MORE_BYTES_MAX = 2 * 1024 * 1024;

  private final Http2FrameCodec codec;

  Http2Gate(Http2FrameCodec codec, Bodies bodies, Duration arrivalMax) {
    super(bodies, arrivalMax);
    this.codec = codec;
  }

  // A stream that waits reads nothing, not even its end; and the channel says that it is closed
  // only when all that has been read from the socket is done with, thousands of streams perhaps.
  @Override
  public void userEventTriggered(ChannelHandlerContext here, Object event) {
    here.fireUserEventTriggered(event);
    if (event instanceof Http2ResetFrame) {
      end();
      var unused = here.close();
    }
  }

  @Override
  void headArrived() {}

  @Override
  void letIn(ChannelHandlerContext here, long bytesMax) {
    int more = (int) Math.min(bytesMax, MORE_BYTES_MAX);
    if (more <= HttpServer.WINDOW_BYTES) {
      return;
    }
    Http2Connection connection = codec.connection();
    Http2Stream stream = connection.stream(((Http2StreamChannel) here.channel()).stream().id());
    if (stream == null) {
      return;
    }
    try {
      connection.local().flowController().incrementWindowSize(stream, more);
    } catch (Http2Exception e) {
      // The stream is over: there is nothing to widen.
      return;
    }
    here.channel().parent().flush();
  }

  @Override
  void bodyArrived() {}

  // The one reason that promises the client that nothing was done, so that it may try again.
  @Override
  void refuse(ChannelHandlerContext here) {
    here.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM))
        .addListener(ChannelFutureListener.CLOSE);
  }
}
