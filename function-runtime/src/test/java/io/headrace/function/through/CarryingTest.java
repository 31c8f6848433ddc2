package io.headrace.function.through;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Position;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CarryingTest {
  private final Carrying carrying = new Carrying();

  private static Position at(int number) {
    return Position.of(number);
  }

  private static Instant time(int second) {
    return Instant.ofEpochSecond(second);
  }

  private void begin(int number, int second) {
    carrying.begins(at(number));
    carrying.timed(at(number), time(second));
  }

  @Test
  void it_goes_no_further_than_the_first_record_that_is_not_stored() {
    begin(1, 10);
    begin(2, 30);
    begin(3, 20);

    carrying.ends(at(2));
    carrying.ends(at(3));
    assertThat(carrying.through()).isEmpty();
    assertThat(carrying.watermark()).isEqualTo(Instant.MIN);

    carrying.ends(at(1));
    assertThat(carrying.through()).contains(at(3));
    assertThat(carrying.watermark()).isEqualTo(time(30));
  }

  @Test
  void each_record_is_late_by_what_came_before_it_in_its_shard() {
    carrying.begins(at(1));
    carrying.begins(at(2));
    carrying.begins(at(3));

    assertThat(carrying.timed(at(1), time(30))).isEqualTo(Instant.MIN);
    assertThat(carrying.timed(at(2), time(10))).isEqualTo(time(30));
    assertThat(carrying.timed(at(3), time(40))).isEqualTo(time(30));
  }

  @Test
  void no_record_is_late_by_what_lies_behind_it() {
    carrying.begins(at(1));
    carrying.begins(at(2));
    carrying.begins(at(3));

    assertThat(carrying.timed(at(1), time(10))).isEqualTo(Instant.MIN);
    // The second waits for its key meanwhile.
    assertThat(carrying.timed(at(3), time(90))).isEqualTo(time(10));
    assertThat(carrying.timed(at(2), time(20))).isEqualTo(time(10));
    // The put failed, and is tried again.
    assertThat(carrying.timed(at(1), time(10))).isEqualTo(Instant.MIN);
    assertThat(carrying.timed(at(3), time(90))).isEqualTo(time(20));
  }

  @Test
  void what_was_before_a_record_is_known_when_all_of_that_is_stored() {
    begin(1, 50);
    begin(2, 40);
    carrying.ends(at(1));
    carrying.ends(at(2));
    carrying.begins(at(3));

    assertThat(carrying.timed(at(3), time(45))).isEqualTo(time(50));
  }

  @Test
  void it_goes_on_from_the_watermark_that_was_stored() {
    carrying.resumes(time(50));

    begin(9, 20);
    carrying.ends(at(9));

    assertThat(carrying.watermark()).isEqualTo(time(50));
  }

  @Test
  void records_that_are_played_again_move_nothing() {
    begin(5, 10);

    assertThat(carrying.timed(at(2), time(99))).isEqualTo(Instant.MIN);
    carrying.ends(at(2));
    carrying.ends(at(5));

    assertThat(carrying.isOfTheShard(at(2))).isFalse();
    assertThat(carrying.through()).contains(at(5));
    assertThat(carrying.watermark()).isEqualTo(time(10));
  }

  @Test
  void what_has_no_time_as_it_was_filtered_holds_nothing_up() {
    carrying.begins(at(1));
    begin(2, 7);

    carrying.ends(at(1));
    carrying.ends(at(2));

    assertThat(carrying.through()).contains(at(2));
    assertThat(carrying.watermark()).isEqualTo(time(7));
  }

  @Test
  void the_last_record_of_a_batch_makes_late_only_what_comes_behind_it() {
    carrying.begins(at(1));
    carrying.begins(at(2));
    carrying.begins(at(3));
    carrying.foundLast(at(2));

    assertThat(carrying.timed(at(1), time(10))).isEqualTo(Instant.MIN);
    assertThat(carrying.timed(at(3), time(20))).isEqualTo(Instant.MAX);
  }

  @Test
  void the_last_record_is_known_until_it_has_ended() {
    carrying.begins(at(1));
    carrying.foundLast(at(1));

    assertThat(carrying.isLast(at(1))).isTrue();
    carrying.ends(at(1));
    assertThat(carrying.isLast(at(1))).isFalse();
    assertThat(carrying.watermark()).isEqualTo(Instant.MAX);
  }

  @Test
  void how_far_event_time_had_come_is_known_behind_the_last_record() {
    begin(1, 10);
    carrying.begins(at(2));
    carrying.foundLast(at(2));
    begin(3, 99);
    carrying.ends(at(2));
    carrying.ends(at(1));
    carrying.ends(at(3));

    assertThat(carrying.watermark()).isEqualTo(Instant.MAX);
    assertThat(carrying.reached()).isEqualTo(time(10));
  }
}
