package io.headrace.local.transport;

import io.headrace.local.LocalKinesis;
import io.headrace.local.protocol.Protocol;
import io.headrace.local.protocol.Reply;
import io.headrace.local.protocol.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
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
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries whole HTTP requests to the protocol and its answers back, for both versions of HTTP. One
 * per connection, on its event loop; shared by all streams of the connection.
 */
@Sharable
public final class RequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(LocalKinesis.class);

  private final Protocol protocol;
  private final Ticker ticker;
  private final UnsentEvents unsentEvents;
  private final UnreadAnswers unread;

  RequestHandler(Protocol protocol, Ticker ticker, UnsentEvents unsentEvents, long unreadBytesMax) {
    this.protocol = protocol;
    this.ticker = ticker;
    this.unsentEvents = unsentEvents;
    this.unread = new UnreadAnswers(unreadBytesMax);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest http) {
    http.retain();
    unread.runWhenFew(
        () -> {
          try {
            if (context.channel().isActive()) {
              answer(context, http);
            }
          } finally {
            http.release();
          }
        });
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

  private void answer(ChannelHandlerContext context, FullHttpRequest http) {
    if (http.decoderResult().isFailure()) {
      FullHttpResponse response =
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.BAD_REQUEST);
      response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, 0);
      response.headers().set(HttpHeaderNames.CONNECTION, "close");
      context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    carry(context, http, reply(new NettyRequest(http, context.channel())));
  }

  private void carry(ChannelHandlerContext context, FullHttpRequest http, Reply reply) {
    if (reply instanceof Reply.Whole whole) {
      write(context, http, whole);
    } else if (reply instanceof Reply.After after) {
      http.retain();
      var unused =
          context
              .executor()
              .schedule(
                  () -> carryLater(context, http, after.then()),
                  after.delay().toNanos(),
                  TimeUnit.NANOSECONDS);
    } else if (reply instanceof Reply.Once once) {
      http.retain();
      var unused =
          once.known()
              .whenComplete(
                  (then, failure) ->
                      context
                          .executor()
                          .execute(
                              () ->
                                  carryLater(context, http, known(context, http, then, failure))));
    } else if (reply instanceof Reply.Events events) {
      EventWriter.start(context, events, ticker, unsentEvents);
    } else {
      var unused = context.close();
    }
  }

  private void carryLater(ChannelHandlerContext context, FullHttpRequest http, Reply reply) {
    try {
      if (context.channel().isActive()) {
        carry(context, http, reply);
      } else if (reply instanceof Reply.Events dropped) {
        dropped.events().close();
      }
    } finally {
      http.release();
    }
  }

  private Reply known(
      ChannelHandlerContext context,
      FullHttpRequest http,
      @Nullable Reply reply,
      @Nullable Throwable failure) {
    if (reply != null) {
      return reply;
    }
    return failed(new NettyRequest(http, context.channel()), failure);
  }

  private void write(ChannelHandlerContext context, FullHttpRequest http, Reply.Whole reply) {
    FullHttpResponse response;
    try {
      response = response(context, reply);
    } catch (RuntimeException | OutOfMemoryError e) {
      // A small heap may hold no ten mebibytes more just now, yet the next try may find room.
      response = response(context, failed(new NettyRequest(http, context.channel()), e));
    }
    int bytes = response.content().readableBytes();
    unread.add(bytes);
    context
        .writeAndFlush(response)
        .addListener(ChannelFutureListener.CLOSE_ON_FAILURE)
        .addListener(done -> unread.remove(bytes));
  }

  private Reply reply(Request request) {
    try {
      return protocol.answer(request);
    } catch (RuntimeException | OutOfMemoryError e) {
      return failed(request, e);
    }
  }

  private Reply.Whole failed(Request request, @Nullable Throwable failure) {
    LOG.error("the local Kinesis server failed on {}", request.header("x-amz-target"), failure);
    return protocol.failure(request);
  }

  private static FullHttpResponse response(ChannelHandlerContext context, Reply.Whole reply) {
    AnswerBuffer answer = new AnswerBuffer(context.alloc());
    boolean isWritten = false;
    try {
      reply.body().writeTo(answer);
      isWritten = true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      // Also after an error: a buffer that did not fit would be lost with all that is in it.
      if (!isWritten) {
        answer.release();
      }
    }
    ByteBuf body = answer.written();
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()), body);
    for (Map.Entry<String, String> header : reply.headers().entrySet()) {
      response.headers().set(header.getKey(), header.getValue());
    }
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
    return response;
  }

  private record NettyRequest(FullHttpRequest http, Channel channel) implements Request {
    @Override
    public String rawQuery() {
      int query = http.uri().indexOf('?');
      return query < 0 ? "" : http.uri().substring(query + 1);
    }

    @Override
    public List<String> headers(String name) {
      return http.headers().getAll(name);
    }

    @Override
    public boolean isEncrypted() {
      // Over HTTP/2 each stream is a channel of its own, and TLS is that of its connection.
      Channel parent = channel.parent();
      return channel.pipeline().get(SslHandler.class) != null
          || (parent != null && parent.pipeline().get(SslHandler.class) != null);
    }

    @Override
    public String method() {
      return http.method().name();
    }

    @Override
    public String path() {
      int query = http.uri().indexOf('?');
      return query < 0 ? http.uri() : http.uri().substring(0, query);
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
