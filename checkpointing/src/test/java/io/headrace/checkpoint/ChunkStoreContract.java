package io.headrace.checkpoint;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.CheckpointException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What every store of chunks promises. */
public abstract class ChunkStoreContract {
  private static final String NAME = "app/totals/orders@1767225600/s0/1.1.0";

  /** The store under test, empty at the beginning of each test. */
  protected abstract ChunkStore store();

  @Test
  void a_chunk_comes_back_as_it_was_put() {
    answer(store().put(NAME, new byte[] {1, 2, 3}));
    answer(store().put(NAME + "/empty", new byte[0]));

    assertThat(answer(store().get(NAME))).containsExactly(1, 2, 3);
    assertThat(answer(store().get(NAME + "/empty"))).isEmpty();
  }

  @Test
  void a_chunk_may_be_large() {
    var bytes = new byte[(1 << 20) + 1];
    new Random(20).nextBytes(bytes);
    answer(store().put(NAME, bytes));
    answer(store().put(NAME, bytes));

    assertThat(answer(store().get(NAME))).isEqualTo(bytes);
    var others = bytes.clone();
    others[others.length - 1]++;
    assertThat(faultOf(store().put(NAME, others))).isInstanceOf(CheckpointException.class);
    answer(store().delete(NAME));
    assertThat(faultOf(store().get(NAME))).isInstanceOf(CheckpointException.class);
  }

  @Test
  void a_put_may_be_repeated() {
    answer(store().put(NAME, new byte[] {1}));
    answer(store().put(NAME, new byte[] {1}));

    assertThat(answer(store().get(NAME))).containsExactly(1);
  }

  @Test
  void a_name_is_never_used_for_other_bytes() {
    answer(store().put(NAME, new byte[] {1}));

    assertThat(faultOf(store().put(NAME, new byte[] {2})))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(NAME);
    assertThat(answer(store().get(NAME))).containsExactly(1);
  }

  @Test
  void of_two_that_put_other_bytes_at_once_one_is_refused() {
    var puts =
        List.of(new byte[] {1}, new byte[] {2}).stream()
            .map(b -> CompletableFuture.supplyAsync(() -> faultOf(store().put(NAME, b)) == null))
            .toList();

    assertThat(puts.stream().map(Answers::answer)).containsExactlyInAnyOrder(true, false);
  }

  @Test
  void a_missing_chunk_is_an_error_that_names_it() {
    assertThat(faultOf(store().get(NAME)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(NAME);
  }

  @Test
  void a_deleted_chunk_is_missing_and_may_be_deleted_again() {
    answer(store().put(NAME, new byte[] {1}));
    answer(store().delete(NAME));
    answer(store().delete(NAME));

    assertThat(faultOf(store().get(NAME))).isInstanceOf(CheckpointException.class);
  }

  @Test
  void the_names_of_a_directory_are_told_page_by_page() {
    var put = new TreeSet<String>();
    for (int i = 0; i < 250; i++) {
      var name = "app/totals/orders@1/s0/parked/1.ab.k" + i + ".0";
      answer(store().put(name, new byte[] {1}));
      put.add(name);
    }
    answer(store().put("app/totals/orders@1/s0/1.ab.1", new byte[] {1}));
    answer(store().put("app/totals/orders@1/s0/parked/deeper/1.ab.k1.0", new byte[] {1}));
    answer(store().put("app/totals/orders@1/s01/parked/1.ab.k1.0", new byte[] {1}));
    answer(store().put("app/totals/orders@1/s0/parked/large", new byte[1 << 20]));
    put.add("app/totals/orders@1/s0/parked/large");

    var told = new ArrayList<String>();
    var page = answer(store().names("app/totals/orders@1/s0/parked", Optional.empty()));
    while (!page.isEmpty()) {
      told.addAll(page);
      var last = Optional.of(page.get(page.size() - 1));
      page = answer(store().names("app/totals/orders@1/s0/parked", last));
    }

    assertThat(told).containsExactlyInAnyOrderElementsOf(put);
    assertThat(answer(store().names("app/nothing", Optional.empty()))).isEmpty();
  }

  @Test
  void what_the_caller_does_to_its_bytes_does_not_reach_the_store() {
    var bytes = new byte[] {1};
    answer(store().put(NAME, bytes));
    bytes[0] = 9;
    answer(store().get(NAME))[0] = 8;

    assertThat(answer(store().get(NAME))).containsExactly(1);
  }
}
