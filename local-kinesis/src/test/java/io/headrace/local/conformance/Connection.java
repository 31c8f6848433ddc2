package io.headrace.local.conformance;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** One way to speak to the server, with its connection; one request at a time. */
abstract class Connection implements AutoCloseable {
  private static final int WINDOW_BYTES = 1024 * 1024;
  private static final EventLoopGroup LOOP =
      new NioEventLoopGroup(1, new DefaultThreadFactory("conformance", true));

  final URI endpoint;

  private Connection(URI endpoint) {
    this.endpoint = endpoint;
  }

  static Connection http1(URI endpoint) {
    return new Http1(endpoint);
  }

  static Connection http2(URI endpoint) {
    return new Http2(endpoint);
  }

  abstract Answer exchange(FullHttpRequest request);

  /** Sends a request whose answer is read bit by bit, and can be cancelled. */
  abstract Call open(FullHttpRequest request);

  @Override
  public abstract void close();

  private static Channel connect(URI endpoint, ChannelHandler... handlers) {
    return new Bootstrap()
        .group(LOOP)
        .channel(NioSocketChannel.class)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(handlers);
              }
            })
        .connect(endpoint.getHost(), endpoint.getPort())
        .syncUninterruptibly()
        .channel();
  }

  private static Call write(Channel channel, FullHttpRequest request, Call call) {
    channel
        .writeAndFlush(request)
        .addListener(
            sent -> {
              if (!sent.isSuccess()) {
                call.fail(sent.cause());
              }
            });
    return call;
  }

  private static final class Http1 extends Connection {
    private @Nullable Channel idle;

    Http1(URI endpoint) {
      super(endpoint);
    }

    @Override
    Answer exchange(FullHttpRequest request) {
      Channel channel = idle;
      if (channel == null || !channel.isActive()) {
        channel = connect(endpoint, new HttpClientCodec());
      }
      idle = null;
      Call call = new Call();
      channel.pipeline().addLast(call);
      Answer answer = write(channel, request, call).whole();
      channel.pipeline().remove(call);
      idle = channel;
      return answer;
    }

    @Override
    Call open(FullHttpRequest request) {
      Call call = new Call();
      return write(connect(endpoint, new HttpClientCodec(), call), request, call);
    }

    @Override
    public void close() {
      Channel channel = idle;
      if (channel != null) {
        channel.close().awaitUninterruptibly(1000);
      }
    }
  }

  private static final class Http2 extends Connection {
    private @Nullable Channel connection;

    Http2(URI endpoint) {
      super(endpoint);
    }

    @Override
    Answer exchange(FullHttpRequest request) {
      return open(request).whole();
    }

    @Override
    Call open(FullHttpRequest request) {
      Call call = new Call();
      Http2StreamChannel stream =
          new Http2StreamChannelBootstrap(connection())
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel
                          .pipeline()
                          .addLast(new Http2StreamFrameToHttpObjectCodec(false), call);
                    }
                  })
              .open()
              .syncUninterruptibly()
              .getNow();
      return write(stream, request, call);
    }

    @Override
    public void close() {
      Channel open = connection;
      if (open != null) {
        open.close().awaitUninterruptibly(1000);
      }
    }

    private Channel connection() {
      Channel open = connection;
      if (open == null || !open.isActive()) {
        open =
            connect(
                endpoint,
                Http2FrameCodecBuilder.forClient()
                    .initialSettings(
                        Http2Settings.defaultSettings().initialWindowSize(WINDOW_BYTES))
                    .build(),
                new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
        connection = open;
      }
      return open;
    }
  }
}
