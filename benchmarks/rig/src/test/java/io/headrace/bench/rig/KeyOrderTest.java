package io.headrace.bench.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class KeyOrderTest {
  private final KeyOrder order = new KeyOrder();

  @Test
  void records_in_the_order_of_their_keys_have_no_fault_whatever_the_order_of_keys() {
    arrive(1, 0);
    arrive(2, 0);
    arrive(2, 1);
    arrive(1, 1);
    assertFigures(4, 0, 0, 0);
  }

  @Test
  void a_record_that_was_overtaken_by_one_of_its_key_is_out_of_order() {
    arrive(1, 0);
    arrive(1, 2);
    arrive(1, 1);
    arrive(1, 3);
    assertFigures(4, 0, 1, 0);
  }

  @Test
  void a_copy_is_counted_and_is_neither_lost_nor_out_of_order() {
    arrive(1, 0);
    arrive(1, 1);
    arrive(1, 0);
    arrive(1, 1);
    assertFigures(2, 0, 0, 2);
  }

  @Test
  void more_than_was_stored_is_as_wrong_as_less() {
    arrive(1, 0);
    arrive(1, 1);
    assertThat(order.await(1).byName()).containsEntry("order.lost", -1.0);
  }

  private void assertFigures(int expected, double lost, double reordered, double repeated) {
    assertThat(order.await(expected).byName())
        .containsEntry("order.lost", lost)
        .containsEntry("order.reorderedPerKey", reordered)
        .containsEntry("order.repeated", repeated);
  }

  private void arrive(int key, int number) {
    order.accept(ByteBuffer.wrap(KeyOrder.record(key, number, 200)));
  }
}
