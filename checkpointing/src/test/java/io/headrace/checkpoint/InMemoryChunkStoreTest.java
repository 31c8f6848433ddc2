package io.headrace.checkpoint;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.CheckpointException;
import org.junit.jupiter.api.Test;

class InMemoryChunkStoreTest extends ChunkStoreContract {
  private final InMemoryChunkStore store = new InMemoryChunkStore();

  @Override
  protected ChunkStore store() {
    return store;
  }

  @Test
  void a_full_store_says_so_and_takes_more_once_something_is_deleted() {
    var small = new InMemoryChunkStore(3);
    answer(small.put("a", new byte[2]));

    assertThat(faultOf(small.put("b", new byte[2])))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(
            "chunk \"b\" of 2 bytes: the store in memory holds 2 of at most 3 bytes;"
                + " give it more, or use a durable one");
    answer(small.delete("a"));
    answer(small.put("b", new byte[3]));
    assertThat(answer(small.get("b"))).hasSize(3);
  }
}
