package io.headrace.local.conformance;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One request under way: its answer comes in on the event loop, and the case waits for it here. The
 * body can be taken as it comes, which is how a subscription is read.
 */
final class Call extends ChannelInboundHandlerAdapter {
  private static final int SECONDS_MAX = 20;
  private static final byte[] END = {};

  private final CompletableFuture<HttpResponse> head = new CompletableFuture<>();
  private final BlockingQueue<byte[]> chunks = new LinkedBlockingQueue<>();
  private volatile @Nullable Channel channel;
  private volatile boolean ended;
  private volatile @Nullable Throwable failure;

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (message instanceof HttpResponse response) {
        head.complete(response);
      }
      if (message instanceof HttpContent content && content.content().isReadable()) {
        chunks.add(ByteBufUtil.getBytes(content.content()));
      }
      if (message instanceof LastHttpContent) {
        ended = true;
        chunks.add(END);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (!ended) {
      fail(new IllegalStateException("the connection closed before the answer ended"));
    }
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    fail(cause);
    context.close().addListener(closed -> {});
  }

  void fail(Throwable cause) {
    failure = cause;
    head.completeExceptionally(cause);
    chunks.add(END);
  }

  /** The status and the headers; the body may still come. */
  Answer head() {
    HttpResponse response = await();
    Map<String, String> headers = new TreeMap<>();
    response
        .headers()
        .forEach(each -> headers.put(each.getKey().toLowerCase(Locale.ROOT), each.getValue()));
    return new Answer(response.status().code(), headers, new byte[0]);
  }

  /** What came of the body, or null at its end; waits for more a bounded time. */
  byte @Nullable [] next() {
    try {
      byte[] chunk = chunks.poll(SECONDS_MAX, TimeUnit.SECONDS);
      if (chunk == null) {
        throw new IllegalStateException("nothing came in " + SECONDS_MAX + " seconds");
      }
      if (chunk != END) {
        return chunk;
      }
      Throwable cause = failure;
      if (cause != null) {
        throw new IllegalStateException("the answer broke off", cause);
      }
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Answer whole() {
    Answer head = head();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (byte[] chunk = next(); chunk != null; chunk = next()) {
      body.writeBytes(chunk);
    }
    return new Answer(head.status(), head.headers(), body.toByteArray());
  }

  /** Takes no more of the answer. */
  void cancel() {
    Channel open = channel;
    if (open != null) {
      open.close().awaitUninterruptibly(1000);
    }
  }

  private HttpResponse await() {
    try {
      return head.get(SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer in " + SECONDS_MAX + " seconds", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("no answer", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
