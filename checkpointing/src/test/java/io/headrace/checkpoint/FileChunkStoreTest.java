package io.headrace.checkpoint;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileChunkStoreTest extends ChunkStoreContract {
  @TempDir Path folder;
  private FileChunkStore store;

  @BeforeEach
  void open() {
    store = new FileChunkStore(folder, Runnable::run);
  }

  @Override
  protected ChunkStore store() {
    return store;
  }

  @Test
  void a_file_with_a_flipped_bit_or_cut_short_is_refused_by_name() throws IOException {
    answer(store.put("app/f/1", new byte[] {1, 2, 3}));
    Path file;
    try (var files = Files.walk(folder)) {
      file = files.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
    byte[] sound = Files.readAllBytes(file);
    for (int i = 0; i < sound.length; i++) {
      byte[] damaged = sound.clone();
      damaged[i] ^= 1;
      Files.write(file, damaged);
      assertThat(faultOf(store.get("app/f/1")))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("app/f/1")
          .hasMessageContaining("damaged");
      Files.write(file, java.util.Arrays.copyOf(sound, i));
      assertThat(faultOf(store.get("app/f/1"))).hasMessageContaining("damaged");
    }
  }

  @Test
  void another_process_reads_what_one_has_put_and_no_name_leads_out_of_the_folder() {
    answer(store.put("../../up", new byte[] {1}));

    var other = new FileChunkStore(folder, Runnable::run);
    assertThat(answer(other.get("../../up"))).containsExactly(1);
    assertThat(folder.resolveSibling("up")).doesNotExist();
  }

  @Test
  void a_full_executor_fails_the_stage() {
    var full =
        new FileChunkStore(
            folder,
            task -> {
              throw new RejectedExecutionException("full");
            });
    assertThat(faultOf(full.put("a", new byte[1])))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("\"a\"");
  }
}
