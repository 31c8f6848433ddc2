package io.headrace.checkpoint;

import static io.headrace.checkpoint.Answers.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.EffectStore.Claim;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What every store of effects promises. */
public abstract class EffectStoreContract {
  private static final EffectStore.Key KEY =
      new EffectStore.Key("totals!orders/shard/49:0", "charge");
  private static final Instant FAR = Instant.parse("2100-01-01T00:00:00Z");

  /** The store under test, empty at the beginning of each test. */
  protected abstract EffectStore store();

  @Test
  void an_effect_that_was_recorded_is_granted_to_nobody_any_more() {
    assertThat(claim(KEY, 5)).isInstanceOf(Claim.Granted.class);
    assertThat(resultOf(record(KEY, 5, 1))).containsExactly(1);

    for (long token : new long[] {4, 5, 6}) {
      assertThat(resultOf(claim(KEY, token))).containsExactly(1);
    }
  }

  @Test
  void the_same_owner_and_a_newer_one_may_perform_again_what_was_never_recorded() {
    assertThat(claim(KEY, 5)).isInstanceOf(Claim.Granted.class);
    assertThat(claim(KEY, 5)).isInstanceOf(Claim.Granted.class);
    assertThat(claim(KEY, 6)).isInstanceOf(Claim.Granted.class);
  }

  @Test
  void an_owner_that_was_superseded_neither_claims_nor_records() {
    claim(KEY, 5);
    claim(KEY, 6);

    assertThat(claim(KEY, 5)).isEqualTo(new Claim.Superseded(6));
    assertThat(record(KEY, 5, 1)).isEqualTo(new Claim.Superseded(6));
    assertThat(resultOf(record(KEY, 6, 2))).containsExactly(2);
    assertThat(resultOf(record(KEY, 5, 1))).containsExactly(2);
  }

  @Test
  void the_first_result_counts_and_recording_it_again_changes_nothing() {
    claim(KEY, 5);
    record(KEY, 5, 1);

    assertThat(resultOf(record(KEY, 5, 2))).containsExactly(1);
  }

  @Test
  void effects_of_other_records_and_other_effects_of_the_record_are_others() {
    claim(KEY, 5);
    record(KEY, 5, 1);

    assertThat(claim(new EffectStore.Key(KEY.record(), "mail"), 5))
        .isInstanceOf(Claim.Granted.class);
    assertThat(claim(new EffectStore.Key(KEY.record() + "1", "charge"), 5))
        .isInstanceOf(Claim.Granted.class);
  }

  @Test
  void results_of_every_allowed_size_come_back_whole() {
    for (int size : new int[] {0, 1, EffectStore.RESULT_BYTES_MAX}) {
      var key = new EffectStore.Key("r" + size, "charge");
      claim(key, 1);
      answer(store().record(key, 1, new byte[size], FAR));
      assertThat(resultOf(claim(key, 2))).hasSize(size);
    }
    assertThatThrownBy(
            () -> answer(store().record(KEY, 1, new byte[EffectStore.RESULT_BYTES_MAX + 1], FAR)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 358400 are recorded");
  }

  protected final Claim claim(EffectStore.Key key, long token) {
    return answer(store().claim(key, token, FAR));
  }

  private Claim record(EffectStore.Key key, long token, int result) {
    return answer(store().record(key, token, new byte[] {(byte) result}, FAR));
  }

  private static byte[] resultOf(Claim claim) {
    assertThat(claim).isInstanceOf(Claim.Recorded.class);
    return ((Claim.Recorded) claim).result();
  }
}
