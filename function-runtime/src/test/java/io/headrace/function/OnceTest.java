package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.EffectStore;
import io.headrace.checkpoint.InMemoryEffectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnceTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

  private final EffectStore store = new InMemoryEffectStore(CLOCK);
  private final Once once = Once.in(store, "f", CLOCK, Duration.ofDays(400));
  private final List<String> charged = new ArrayList<>();
  private final List<String> receipts = new ArrayList<>();
  private int failuresLeft;

  private final Rig rig =
      new Rig(
              1,
              Rig.reading()
                  .handledBy(
                      () ->
                          (event, out) -> {
                            receipts.add(
                                once.perform(event, "charge", new Texts(), () -> charge(event)));
                            if (failuresLeft-- > 0) {
                              throw new IllegalStateException("after the effect");
                            }
                          },
                      Destination.nowhere()))
          .start()
          .restore();

  private String charge(Event<String> event) {
    charged.add(event.value());
    return "receipt " + charged.size();
  }

  @Test
  void a_retry_and_the_next_owner_are_answered_what_was_recorded() {
    failuresLeft = 2;
    rig.put("a", "1");
    rig.drain();
    rig.crash();
    rig.drain();

    assertThat(charged).containsExactly("1");
    assertThat(receipts).hasSize(4).containsOnly("receipt 1");
  }

  @Test
  void every_record_has_effects_of_its_own() {
    rig.putAll("a=1", "a=1", "b=1");
    rig.drain();

    assertThat(charged).hasSize(3);
  }

  @Test
  void an_effect_that_fails_is_not_recorded() {
    var tries = new int[1];
    var failing =
        new Rig(
                2,
                Rig.reading()
                    .handledBy(
                        () ->
                            (event, out) ->
                                once.perform(
                                    event,
                                    "mail",
                                    new Texts(),
                                    () -> {
                                      if (++tries[0] < 3) {
                                        throw new IllegalStateException("the server is down");
                                      }
                                      return "sent";
                                    }),
                        Destination.nowhere()))
            .start()
            .restore();

    failing.put("a", "1");
    failing.drain();

    assertThat(tries[0]).isEqualTo(3);
  }

  @Test
  void an_owner_that_was_superseded_performs_nothing() {
    var id = Decoder.id(rig.shardKey(), rig.record("a", "1", Instant.EPOCH).position());
    var key = new EffectStore.Key("f!" + new EventId(id.stream(), id.shard(), "2", 0), "charge");
    store.claim(key, Long.MAX_VALUE, Instant.MAX).toCompletableFuture().join();

    rig.put("a", "1");
    rig.advance(500);

    assertThat(charged).isEmpty();
    assertThat(rig.events(FunctionEvent.RecordFailed.class).get(0).error())
        .isEqualTo(Once.SupersededException.class.getName());
  }
}
