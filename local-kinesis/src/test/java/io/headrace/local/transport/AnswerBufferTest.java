package io.headrace.local.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AnswerBufferTest {
  private final PooledByteBufAllocator pool = new PooledByteBufAllocator(true);

  @Test
  void what_is_written_in_any_lengths_comes_out_as_it_was() {
    for (long seed = 1; seed <= 50; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] bytes = new byte[random.nextInt(300_000)];
      random.nextBytes(bytes);
      AnswerBuffer buffer = new AnswerBuffer(pool);
      for (int from = 0; from < bytes.length; ) {
        if (random.nextBoolean()) {
          buffer.write(bytes[from++]);
        } else {
          int count = Math.min(bytes.length - from, random.nextInt(100_000));
          buffer.write(bytes, from, count);
          from += count;
        }
      }
      ByteBuf written = buffer.written();
      assertThat(ByteBufUtil.getBytes(written)).as("seed " + seed).isEqualTo(bytes);
      written.release();
    }
    assertThat(bytesOut()).isZero();
  }

  @Test
  void an_answer_that_was_broken_off_leaves_nothing_behind() {
    AnswerBuffer buffer = new AnswerBuffer(pool);
    buffer.write(new byte[100_000], 0, 100_000);
    buffer.release();
    assertThat(bytesOut()).isZero();
  }

  @Test
  void an_empty_answer_is_empty() {
    ByteBuf written = new AnswerBuffer(pool).written();
    assertThat(written.readableBytes()).isZero();
    written.release();
    assertThat(bytesOut()).isZero();
  }

  private long bytesOut() {
    return pool.metric().directArenas().stream()
        .mapToLong(arena -> arena.numActiveAllocations())
        .sum();
  }
}
