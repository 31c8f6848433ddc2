package io.headrace.local.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the first bytes of a connection and takes it for HTTP/2 when they are its preface, for
 * TLS when they begin a handshake, and for HTTP/1.1 as soon as they are neither. One per
 * connection, on its event loop.
 */
public final class PortSniffer extends ByteToMessageDecoder {
  private static final ByteBuf PREFACE =
      Unpooled.unreleasableBuffer(Http2CodecUtil.connectionPrefaceBuf()).asReadOnly();
  private static final int TLS_HANDSHAKE = 22;

  private final Consumer<ChannelPipeline> http1;
  private final Consumer<ChannelPipeline> http2;
  private final @Nullable Consumer<ChannelPipeline> tls;

  private final Duration silenceMax;
  private @Nullable ScheduledFuture<?> deadline;

  /** Without {@code tls}, a handshake is bad HTTP/1.1. */
  PortSniffer(
      Duration silenceMax,
      Consumer<ChannelPipeline> http1,
      Consumer<ChannelPipeline> http2,
      @Nullable Consumer<ChannelPipeline> tls) {
    this.silenceMax = silenceMax;
    this.http1 = http1;
    this.http2 = http2;
    this.tls = tls;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    deadline =
        context
            .executor()
            .schedule(() -> close(context), silenceMax.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext context) {
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (tls != null && in.isReadable() && in.getByte(in.readerIndex()) == TLS_HANDSHAKE) {
      become(context, tls);
      return;
    }
    int compared = Math.min(in.readableBytes(), PREFACE.readableBytes());
    for (int i = 0; i < compared; i++) {
      if (in.getByte(in.readerIndex() + i) != PREFACE.getByte(i)) {
        become(context, http1);
        return;
      }
    }
    if (compared == PREFACE.readableBytes()) {
      become(context, http2);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    close(context);
  }

  // Removing this handler passes on the bytes that it has held back.
  private void become(ChannelHandlerContext context, Consumer<ChannelPipeline> protocol) {
    protocol.accept(context.pipeline());
    context.pipeline().remove(this);
  }

  private static void close(ChannelHandlerContext context) {
    var unused = context.close();
  }
}
