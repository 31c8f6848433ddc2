package io.headrace.local;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries whole HTTP requests to the protocol and its answers back, for both versions of HTTP. Runs
 * on the connection's event loop; shared by all connections.
 */
@Sharable
final class RequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(LocalKinesis.class);

  private final Protocol protocol;

  RequestHandler(Protocol protocol) {
    this.protocol = protocol;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest http)
      throws IOException {
    if (http.decoderResult().isFailure()) {
      FullHttpResponse response =
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.BAD_REQUEST);
      response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, 0);
      response.headers().set(HttpHeaderNames.CONNECTION, "close");
      context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    Request request = new NettyRequest(http);
    FullHttpResponse response;
    try {
      response = write(context, protocol.answer(request));
    } catch (RuntimeException e) {
      LOG.error("the local Kinesis server failed on {}", request.header("x-amz-target"), e);
      response = write(context, protocol.failure(request));
    }
    context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    // A client that sends and never reads must not fill our memory with its answers.
    context.channel().config().setAutoRead(context.channel().isWritable());
    context.fireChannelWritabilityChanged();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // Clients cut connections whenever they like; what they sent may be a payload, so not logged.
    LOG.debug("closing a connection after {}", cause.getClass().getName());
    var unused = context.close();
  }

  private static FullHttpResponse write(ChannelHandlerContext context, Reply reply)
      throws IOException {
    ByteBuf body = context.alloc().ioBuffer();
    try (ByteBufOutputStream out = new ByteBufOutputStream(body)) {
      reply.body().writeTo(out);
    } catch (RuntimeException | IOException e) {
      body.release();
      throw e;
    }
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()), body);
    for (Map.Entry<String, String> header : reply.headers().entrySet()) {
      response.headers().set(header.getKey(), header.getValue());
    }
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
    return response;
  }

  private record NettyRequest(FullHttpRequest http) implements Request {
    @Override
    public String method() {
      return http.method().name();
    }

    @Override
    public @Nullable String header(String name) {
      return http.headers().get(name);
    }

    @Override
    public @Nullable String query(String name) {
      if (http.uri().indexOf('?') < 0) {
        return null;
      }
      List<String> values = new QueryStringDecoder(http.uri()).parameters().get(name);
      return values == null ? null : values.get(0);
    }

    @Override
    public byte[] body() {
      return ByteBufUtil.getBytes(http.content());
    }
  }
}
