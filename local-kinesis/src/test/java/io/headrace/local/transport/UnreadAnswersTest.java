package io.headrace.local.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnreadAnswersTest {
  private static final long BYTES_MAX = 1_000;

  private final UnreadAnswers unread = new UnreadAnswers(BYTES_MAX);
  private final List<Integer> ran = new ArrayList<>();

  @Test
  void requests_wait_in_order_while_too_much_is_unread() {
    for (int i = 0; i < 4; i++) {
      ask(i, BYTES_MAX);
    }
    assertThat(ran).containsExactly(0, 1);

    unread.remove(BYTES_MAX);
    assertThat(ran).containsExactly(0, 1, 2);
    unread.remove(BYTES_MAX);
    assertThat(ran).containsExactly(0, 1, 2, 3);
  }

  @Test
  void a_long_queue_whose_answers_leave_at_once_is_run_without_nesting() {
    unread.add(BYTES_MAX + 1);
    for (int i = 0; i < 100_000; i++) {
      unread.runWhenFew(
          () -> {
            unread.add(1);
            ran.add(1);
            unread.remove(1);
          });
    }

    unread.remove(BYTES_MAX + 1);

    assertThat(ran).hasSize(100_000);
  }

  private void ask(int number, long answerBytes) {
    unread.runWhenFew(
        () -> {
          ran.add(number);
          unread.add(answerBytes);
        });
  }
}
