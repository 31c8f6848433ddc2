package io.headrace.local.transport;

import io.headrace.local.LocalKinesis;
import io.headrace.local.protocol.PushedEvents;
import io.headrace.local.protocol.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.concurrent.EventExecutor;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the events of one subscription as fast as its subscriber takes them: a piece is taken from
 * the subscription only while the channel has room, which over HTTP/2 is what flow control leaves.
 * The last handler of its channel, on the channel's event loop, until the events end.
 */
final class EventWriter extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(LocalKinesis.class);

  // A frame of HTTP/2 as clients take it unless they say otherwise.
  private static final int PIECE_BYTES = 16 * 1024;
  // What waits unsent in one stream of HTTP/2 is at most this and a piece.
  private static final WriteBufferWaterMark UNSENT =
      new WriteBufferWaterMark(PIECE_BYTES, 2 * PIECE_BYTES);
  // For so long, five seconds, a subscriber may read nothing of what is left when its subscription
  // is over.
  private static final int LATE_TICKS_MAX = 250;

  private final PushedEvents events;
  private final Ticker ticker;
  private final UnsentEvents unsent;
  private final Runnable tick = this::tick;
  private @Nullable ChannelHandlerContext context;
  private long unsentBytes;
  private int lateTicks;
  private boolean writing;
  private boolean over;

  EventWriter(PushedEvents events, Ticker ticker, UnsentEvents unsent) {
    this.events = events;
    this.ticker = ticker;
    this.unsent = unsent;
  }

  /** Answers with the reply's head now and with its events as they come. */
  static void start(
      ChannelHandlerContext context, Reply.Events reply, Ticker ticker, UnsentEvents unsent) {
    HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    reply.headers().forEach(response.headers()::set);
    response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    if (context.channel() instanceof Http2StreamChannel) {
      var ignored = context.channel().config().setWriteBufferWaterMark(UNSENT);
    }
    var unused = context.write(response);
    context.pipeline().addLast(new EventWriter(reply.events(), ticker, unsent));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    if (!added.channel().isActive()) {
      // The head could not be written, and nobody will be told that the channel is gone.
      end();
      return;
    }
    EventExecutor loop = added.executor();
    ticker.add(loop, tick);
    events.listen(
        () -> {
          try {
            loop.execute(this::write);
          } catch (RejectedExecutionException e) {
            // The server is closing, and the channel with it.
            LOG.trace("an event came for a closed event loop");
          }
        });
    write();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext changed) {
    if (changed.channel().isWritable()) {
      // Not at once: this may be in the middle of a flush, of this writer's own even.
      changed.executor().execute(this::write);
    }
    changed.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext inactive) {
    end();
    inactive.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    end();
  }

  private void tick() {
    if (!events.isDue()) {
      return;
    }
    write();
    ChannelHandlerContext here = context;
    if (!over && here != null && events.isOver() && ++lateTicks > LATE_TICKS_MAX) {
      var unused = here.close();
    }
  }

  private void write() {
    ChannelHandlerContext here = context;
    if (over || writing || here == null) {
      return;
    }
    writing = true;
    try {
      writePieces(here);
    } catch (RuntimeException | OutOfMemoryError e) {
      LOG.error("the local Kinesis server failed on a subscription", e);
      var unused = here.close();
    } finally {
      writing = false;
    }
  }

  private void writePieces(ChannelHandlerContext here) {
    ByteBuffer piece = Scratch.PIECE.get();
    boolean wrote = false;
    while (here.channel().isActive() && here.channel().isWritable()) {
      piece.clear();
      events.writeTo(piece, unsent.eventBytesMax());
      countUnsent(events.unsentBytes());
      int count = piece.position();
      if (count > 0) {
        ByteBuf bytes = here.alloc().ioBuffer(count);
        bytes.writeBytes(piece.flip());
        here.write(new DefaultHttpContent(bytes))
            .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        wrote = true;
        lateTicks = 0;
      }
      if (events.isEnded()) {
        finish(here);
        return;
      }
      if (count < PIECE_BYTES) {
        break;
      }
    }
    if (wrote) {
      here.flush();
    }
    if (!here.channel().isWritable() && unsent.isMuch()) {
      events.letGo();
      countUnsent(0);
    }
  }

  private void finish(ChannelHandlerContext here) {
    end();
    var unused = here.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
    if (!here.isRemoved()) {
      here.pipeline().remove(this);
    }
  }

  private void end() {
    ChannelHandlerContext here = context;
    if (!over && here != null) {
      over = true;
      ticker.remove(here.executor(), tick);
      countUnsent(0);
      events.close();
    }
  }

  private void countUnsent(long now) {
    unsent.add(now - unsentBytes);
    unsentBytes = now;
  }

  /** One buffer for each event loop, between the events and the channel. */
  private static final class Scratch {
    static final ThreadLocal<ByteBuffer> PIECE =
        ThreadLocal.withInitial(() -> ByteBuffer.allocate(PIECE_BYTES));
  }
}
