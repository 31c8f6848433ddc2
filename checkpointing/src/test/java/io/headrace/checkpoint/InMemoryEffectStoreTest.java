package io.headrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class InMemoryEffectStoreTest extends EffectStoreContract {
  private Instant now = Instant.parse("2026-01-31T12:00:00Z");
  private final InMemoryEffectStore store = new InMemoryEffectStore(() -> now);

  @Override
  protected EffectStore store() {
    return store;
  }

  @Test
  void what_has_expired_is_forgotten() {
    for (int i = 0; i < 100; i++) {
      Answers.answer(store.claim(new EffectStore.Key("r" + i, "e"), 1, now.plusSeconds(60)));
    }
    now = now.plusSeconds(61);
    for (int i = 0; i < 50; i++) {
      Answers.answer(store.claim(new EffectStore.Key("s" + i, "e"), 1, now.plusSeconds(60)));
    }

    assertThat(store.size()).isEqualTo(50);
  }

  @Test
  void what_is_kept_for_long_hides_nothing_that_has_expired() {
    for (int i = 0; i < 10; i++) {
      Answers.answer(store.claim(new EffectStore.Key("r" + i, "e"), 1, now.plusSeconds(9_000)));
    }
    for (int i = 0; i < 1_000; i++) {
      now = now.plusSeconds(1);
      Answers.answer(store.claim(new EffectStore.Key("s" + i, "e"), 1, now.plusSeconds(60)));
    }

    assertThat(store.size()).isLessThan(120);
  }
}
