package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.headrace.checkpoint.EffectStore;
import io.headrace.checkpoint.InMemoryEffectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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
  void of_two_attempts_at_once_only_the_first_performs_and_the_other_is_answered_later() {
    var second = new ArrayList<Throwable>();
    var twice =
        new Rig(
                1,
                Rig.reading()
                    .handledBy(
                        () ->
                            (event, out) ->
                                receipts.add(
                                    once.perform(
                                        event,
                                        "charge",
                                        new Texts(),
                                        () -> {
                                          second.add(
                                              catchThrowable(
                                                  () ->
                                                      once.perform(
                                                          event,
                                                          "charge",
                                                          new Texts(),
                                                          () -> charge(event))));
                                          return charge(event);
                                        })),
                        Destination.nowhere()))
            .start()
            .restore();

    twice.put("a", "1");
    twice.drain();

    assertThat(charged).containsExactly("1");
    assertThat(receipts).containsExactly("receipt 1");
    assertThat(second).hasSize(1);
    assertThat(second.get(0))
        .isInstanceOf(Once.UnderWayException.class)
        .hasMessageContaining("effect charge of f!");
  }

  @Test
  void an_attempt_that_is_interrupted_behind_its_effect_records_it_before_another_may_begin() {
    var interrupted = new ArrayList<Boolean>();
    var slow =
        Once.in(
            new EffectStore() {
              @Override
              public CompletionStage<Claim> claim(Key key, long token, Instant expires) {
                return store.claim(key, token, expires);
              }

              @Override
              public CompletionStage<Claim> record(
                  Key key, long token, byte[] result, Instant expires) {
                Thread.currentThread().interrupt();
                return CompletableFuture.supplyAsync(
                    () -> store.record(key, token, result, expires).toCompletableFuture().join());
              }
            },
            "f",
            CLOCK,
            Duration.ofDays(1));
    var late =
        new Rig(
                1,
                Rig.reading()
                    .handledBy(
                        () ->
                            (event, out) -> {
                              receipts.add(
                                  slow.perform(event, "charge", new Texts(), () -> charge(event)));
                              interrupted.add(Thread.interrupted());
                            },
                        Destination.nowhere()))
            .start()
            .restore();

    late.put("a", "1");
    late.drain();

    assertThat(receipts).containsExactly("receipt 1");
    assertThat(interrupted).containsExactly(true);
    assertThat(late.events(FunctionEvent.RecordFailed.class)).isEmpty();
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
