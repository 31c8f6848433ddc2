package io.headrace.local.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.io.OutputStream;

/**
 * Takes the bytes of an answer into pooled pieces of one size. An answer may be ten mebibytes: a
 * buffer that grows copies it again and again, and is beyond what the pool gives out. Confined to
 * the event loop.
 */
final class AnswerBuffer extends OutputStream {
  // The largest that the pool keeps at hand for each of its threads.
  private static final int PIECE_BYTES = 32 * 1024;

  private final ByteBufAllocator pool;
  private final CompositeByteBuf pieces;
  private ByteBuf piece;

  AnswerBuffer(ByteBufAllocator pool) {
    this.pool = pool;
    this.pieces = pool.compositeBuffer(Integer.MAX_VALUE);
    this.piece = pool.ioBuffer(PIECE_BYTES, PIECE_BYTES);
  }

  @Override
  public void write(int value) {
    if (!piece.isWritable()) {
      next();
    }
    piece.writeByte(value);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    int from = offset;
    int end = offset + length;
    while (from < end) {
      if (!piece.isWritable()) {
        next();
      }
      int count = Math.min(end - from, piece.writableBytes());
      piece.writeBytes(bytes, from, count);
      from += count;
    }
  }

  /** All that was written; the caller releases it, and uses this object no more. */
  ByteBuf written() {
    if (pieces.numComponents() == 0) {
      pieces.release();
      return piece;
    }
    return pieces.addComponent(true, piece);
  }

  /** Gives everything back, where the answer was not written to its end. */
  void release() {
    pieces.release();
    piece.release();
  }

  private void next() {
    // Made before the full one is handed over: where there is no memory left, nothing has changed.
    ByteBuf empty = pool.ioBuffer(PIECE_BYTES, PIECE_BYTES);
    pieces.addComponent(true, piece);
    piece = empty;
  }
}
