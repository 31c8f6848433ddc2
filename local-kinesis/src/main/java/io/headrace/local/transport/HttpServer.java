package io.headrace.local.transport;

import io.headrace.local.LocalKinesisException;
import io.headrace.local.protocol.Protocol;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One port on the loopback address that speaks HTTP/1.1 and HTTP/2, the latter by prior knowledge
 * as the service's own clients expect, in clear and, when asked for, over TLS. Starts and closes on
 * the caller's thread; requests run on two event loops.
 */
public final class HttpServer implements AutoCloseable {
  // Room for the largest put, ten mebibytes of records, in Base64 and with its field names.
  public static final int BODY_BYTES_MAX = 16 * 1024 * 1024;

  private static final int EVENT_LOOPS = 2;
  // Clients send tokens and signed addresses of some kilobytes.
  private static final int LINE_BYTES_MAX = 16 * 1024;
  private static final int HEAD_BYTES_MAX = 64 * 1024;
  private static final int CHUNK_BYTES_MAX = 64 * 1024;

  // A client that waits has one stream for each shard, for minutes; ten thousand shards and two
  // consumers.
  private static final int STREAMS_MAX = 20_000;
  private static final int FRAME_BYTES_MAX = 256 * 1024;
  // Of a stream until its body is let in; what the protocol gives it by itself.
  static final int WINDOW_BYTES = 65_535;
  // Of one connection: so many streams may hold a full window while they wait for others' bodies.
  private static final int BODIES_WAITING_MAX = 1_000;
  private static final int CONNECTION_WINDOW_BYTES = 96 * 1024 * 1024;
  // A consumer that stops, or whose calls time out, ends all of its streams at once. More than
  // this is somebody who only wants us to work for nothing.
  private static final int RESETS_MAX = 2 * STREAMS_MAX;
  private static final int RESETS_SECONDS = 30;

  // Of all subscriptions together.
  private static final long UNSENT_EVENTS_BYTES_MAX = 32L * 1024 * 1024;

  private final Protocol protocol;
  private final HttpSettings settings;
  private final @Nullable Tls tls;
  private final Ticker ticker = new Ticker();
  private final UnsentEvents unsentEvents = new UnsentEvents(UNSENT_EVENTS_BYTES_MAX);
  private final EventLoopGroup loops;
  private final ChannelGroup channels =
      new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);
  private final InetSocketAddress address;

  public HttpServer(Protocol protocol, HttpSettings settings) {
    this(() -> protocol, settings);
  }

  /**
   * Has the protocol made by one of its own threads meanwhile: the first of a JVM loads hundreds of
   * classes, a third of what a start takes.
   */
  public HttpServer(Supplier<Protocol> protocol, HttpSettings settings) {
    this.settings = settings;
    this.tls = settings.identity() == null ? null : new Tls(settings.identity());
    this.loops =
        new NioEventLoopGroup(EVENT_LOOPS, new DefaultThreadFactory("local-kinesis", true));
    try {
      // The first loop is busy with the protocol while the second gets the channel.
      Future<Protocol> made = loops.next().submit(protocol::get);
      Channel channel = channel();
      this.protocol = made.syncUninterruptibly().getNow();
      this.address = bind(channel, settings.port());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  public int port() {
    return address.getPort();
  }

  @Override
  public void close() {
    channels.close().awaitUninterruptibly(500);
    loops.shutdownGracefully(0, 400, TimeUnit.MILLISECONDS).awaitUninterruptibly(500);
  }

  private Channel channel() {
    ChannelFuture registered =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new ConnectionStart())
            .register()
            .syncUninterruptibly();
    channels.add(registered.channel());
    return registered.channel();
  }

  private static InetSocketAddress bind(Channel channel, int port) {
    InetSocketAddress wanted = new InetSocketAddress(NetUtil.LOCALHOST4, port);
    ChannelFuture bound = channel.bind(wanted).awaitUninterruptibly();
    Throwable failure = bound.cause();
    if (failure instanceof BindException) {
      throw new LocalKinesisException(
          "Port "
              + port
              + " on "
              + wanted.getAddress().getHostAddress()
              + " is taken by another program: stop that one, or choose another port (0 picks a"
              + " free one).",
          failure);
    }
    if (failure != null) {
      throw new LocalKinesisException("Port " + port + " could not be opened: " + failure, failure);
    }
    return (InetSocketAddress) bound.channel().localAddress();
  }

  // What comes out of the encryption is looked at like the bytes of a clear connection, since some
  // clients speak HTTP/2 without having asked for it.
  private void encrypted(ChannelPipeline pipeline) {
    if (tls != null) {
      pipeline.addLast(
          tls.handler(), new PortSniffer(settings.silenceMax(), this::http1, this::http2, null));
    }
  }

  private void http1(ChannelPipeline pipeline) {
    Http1Patience patience = new Http1Patience(settings.silenceMax());
    pipeline.addLast(
        new IdleStateHandler(true, 0, 0, settings.silenceMax().toMillis(), TimeUnit.MILLISECONDS),
        patience,
        new HttpServerCodec(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(LINE_BYTES_MAX)
                .setMaxHeaderSize(HEAD_BYTES_MAX)
                .setMaxChunkSize(CHUNK_BYTES_MAX)),
        new HttpServerKeepAliveHandler(),
        new Http1Gate(patience, settings.bodiesBytesMax(), settings.silenceMax()),
        new HttpObjectAggregator(BODY_BYTES_MAX),
        new OneAtATime(),
        new RequestHandler(protocol, ticker, unsentEvents, settings.unreadBytesMax()));
  }

  private void http2(ChannelPipeline pipeline) {
    Http2FrameCodec codec =
        Http2FrameCodecBuilder.forServer()
            .initialSettings(
                Http2Settings.defaultSettings()
                    .maxConcurrentStreams(STREAMS_MAX)
                    .initialWindowSize(WINDOW_BYTES)
                    .maxHeaderListSize(HEAD_BYTES_MAX)
                    .maxFrameSize(FRAME_BYTES_MAX))
            .decoderEnforceMaxRstFramesPerWindow(RESETS_MAX, RESETS_SECONDS)
            .encoderEnforceMaxRstFramesPerWindow(RESETS_MAX, RESETS_SECONDS)
            .build();
    pipeline.addLast(
        new IdleStateHandler(settings.silenceMax().toMillis(), 0, 0, TimeUnit.MILLISECONDS),
        codec,
        new WiderConnection(codec),
        new Http2MultiplexHandler(new StreamStart(codec)),
        new Http2Patience());
  }

  private final class ConnectionStart extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      channels.add(channel);
      channel
          .pipeline()
          .addLast(
              new PortSniffer(
                  settings.silenceMax(),
                  HttpServer.this::http1,
                  HttpServer.this::http2,
                  tls == null ? null : HttpServer.this::encrypted));
    }
  }

  /** One per connection. */
  @ChannelHandler.Sharable
  private final class StreamStart extends ChannelInitializer<Channel> {
    private final Http2FrameCodec codec;
    private final RequestHandler handler;
    private final Bodies bodies = new Bodies(settings.bodiesBytesMax(), BODIES_WAITING_MAX);

    StreamStart(Http2FrameCodec codec) {
      this.codec = codec;
      this.handler = new RequestHandler(protocol, ticker, unsentEvents, settings.unreadBytesMax());
    }

    @Override
    protected void initChannel(Channel channel) {
      channel
          .pipeline()
          .addLast(
              new Http2StreamFrameToHttpObjectCodec(true),
              new Http2Gate(codec, bodies, settings.silenceMax()),
              new HttpObjectAggregator(BODY_BYTES_MAX),
              handler);
    }
  }

  /** Settings widen the windows of streams only; the connection's own needs a frame. */
  private static final class WiderConnection extends ChannelInboundHandlerAdapter {
    private final Http2FrameCodec codec;

    WiderConnection(Http2FrameCodec codec) {
      this.codec = codec;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Http2Exception {
      Http2Connection connection = codec.connection();
      connection
          .local()
          .flowController()
          .incrementWindowSize(connection.connectionStream(), CONNECTION_WINDOW_BYTES);
      context.pipeline().remove(this);
    }
  }
}
