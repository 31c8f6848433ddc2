package io.headrace.checkpoint;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.shard;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.LetterLedger.Entry;
import io.headrace.checkpoint.LetterLedger.Fence;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.StartingPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What every ledger of dead letters promises. */
public abstract class LetterLedgerContract {
  private static final LeaseToken ANN = token("ann", 1);
  private static final LeaseToken BOB = token("bob", 2);
  private static final ProgressKey KEY = progress("s0");
  private static final ProgressKey OTHER = progress("s1");
  private static final Instant NOON = Instant.parse("2026-01-31T12:00:00.123Z");

  /** The store whose ledger is tested, empty at the beginning of each test. */
  protected abstract CheckpointStore store();

  private LetterLedger ledger() {
    return store().letters();
  }

  @Test
  void a_letter_comes_back_as_it_was_entered() {
    seal(KEY, ANN);
    var entry = entry(KEY, Position.parse("4966:7"), "käy \n1", new byte[] {1, 2, 3});

    assertThat(enter(KEY, ANN, entry)).isTrue();

    assertThat(letters()).containsExactly(entry.letter());
    assertThat(payload(entry.letter().id())).isEqualTo(entry.payload());
  }

  @Test
  void a_letter_of_a_worker_that_has_lost_its_shard_is_not_entered() {
    seal(KEY, ANN);
    seal(KEY, BOB);

    assertThat(enter(KEY, ANN, entry(KEY, at(1), "a", new byte[1]))).isFalse();
    assertThat(letters()).isEmpty();

    assertThat(enter(KEY, BOB, entry(KEY, at(1), "a", new byte[2]))).isTrue();
    assertThat(answer(ledger().strike(new Fence(KEY, ANN), List.of(id(KEY, at(1)))))).isFalse();
    assertThat(letters()).hasSize(1);
  }

  @Test
  void of_two_tokens_with_one_epoch_or_one_owner_only_the_one_that_sealed_enters() {
    seal(KEY, ANN);
    assertThat(enter(KEY, token("bob", 1), entry(KEY, at(1), "a", new byte[1]))).isFalse();

    seal(KEY, token("ann", 2));
    assertThat(enter(KEY, ANN, entry(KEY, at(1), "a", new byte[1]))).isFalse();
    assertThat(letters()).isEmpty();
  }

  @Test
  void nobody_enters_letters_where_nobody_has_sealed_or_the_shard_is_ended() {
    assertThat(enter(KEY, ANN, entry(KEY, at(1), "a", new byte[1]))).isFalse();

    var item = seal(KEY, ANN);
    var claim = new WriteClaim(KEY, ANN, item.rev(), item.nonce(), "end");
    var left = new EndedParent(1, StartingPosition.TRIM_HORIZON, CommitParts.NONE);
    answer(
        store()
            .end(
                new CheckpointStore.End(
                    claim,
                    Progress.NONE,
                    left,
                    List.of(shard("s1", KEY.shard().shard().value())))));

    assertThat(enter(KEY, ANN, entry(KEY, at(1), "a", new byte[1]))).isFalse();
    assertThat(letters()).isEmpty();
  }

  @Test
  void the_owner_of_a_child_strikes_the_letters_of_its_parent() {
    seal(KEY, ANN);
    enter(KEY, ANN, entry(KEY, at(1), "a", new byte[1]), entry(KEY, at(2), "b", new byte[1]));
    seal(OTHER, BOB);

    assertThat(answer(ledger().strike(new Fence(OTHER, BOB), List.of(id(KEY, at(1)))))).isTrue();
    assertThat(answer(ledger().strike(new Fence(OTHER, BOB), List.of(id(KEY, at(1)))))).isTrue();

    assertThat(letters()).extracting(letter -> letter.id().position()).containsExactly(at(2));
    assertThat(answer(ledger().payload(id(KEY, at(1))))).isEmpty();
  }

  @Test
  void a_letter_that_is_entered_again_takes_the_place_of_the_first() {
    seal(KEY, ANN);
    enter(KEY, ANN, entry(KEY, at(1), "a", new byte[10]));
    var again = entry(KEY, at(1), "a", new byte[20]);

    enter(KEY, ANN, again);

    assertThat(letters()).containsExactly(again.letter());
    assertThat(payload(again.letter().id())).hasSize(20);
  }

  @Test
  void letters_come_in_the_order_of_their_shard_however_long_their_numbers_are() {
    seal(KEY, ANN);
    var positions = new ArrayList<Position>();
    for (var sequence : List.of("7", "49", "100", "49668899999999999999999999999999999999999999")) {
      for (long sub : List.of(0L, 2L, 10L)) {
        positions.add(new Position(new SequenceNumber(sequence), sub));
      }
    }
    for (int i = positions.size() - 1; i >= 0; i--) {
      enter(KEY, ANN, entry(KEY, positions.get(i), "a", new byte[1]));
    }

    assertThat(letters())
        .extracting(letter -> letter.id().position())
        .containsExactlyElementsOf(positions);
    assertThat(answer(ledger().ofShard(KEY, Optional.of(positions.get(4)))).letters())
        .extracting(letter -> letter.id().position())
        .containsExactlyElementsOf(positions.subList(5, positions.size()));
    assertThat(answer(ledger().ofShard(KEY, Optional.empty())).letters()).hasSize(12);
    assertThat(answer(ledger().ofShard(OTHER, Optional.empty())).letters()).isEmpty();
  }

  @Test
  void letters_of_a_function_are_found_in_all_shards_and_no_others() {
    for (int i = 0; i < 20; i++) {
      var key = progress("shard-" + i);
      seal(key, ANN);
      enter(key, ANN, entry(key, at(1), "a", new byte[1]));
    }
    var stranger = new ProgressKey(KEY.shard(), "totals2");
    seal(stranger, ANN);
    enter(stranger, ANN, entry(stranger, at(1), "a", new byte[1]));

    assertThat(letters()).hasSize(20);
    assertThat(answer(ledger().ofFunction("totals2")).letters()).hasSize(1);
  }

  @Test
  void payloads_of_every_size_come_back_whole() {
    seal(KEY, ANN);
    var random = new SplittableRandom(7);
    for (int size : new int[] {0, 1, 200 << 10, (200 << 10) + 1, 1 << 20, 3_500_000}) {
      var payload = new byte[size];
      random.nextBytes(payload);
      var entry = entry(KEY, at(size + 1), "a", payload);

      assertThat(enter(KEY, ANN, entry)).isTrue();

      assertThat(payload(entry.letter().id())).isEqualTo(payload);
      assertThat(answer(ledger().strike(new Fence(KEY, ANN), List.of(entry.letter().id()))))
          .isTrue();
    }
    assertThat(letters()).isEmpty();
  }

  @Test
  void a_whole_batch_is_entered_and_struck_at_once() {
    seal(KEY, ANN);
    var entries = new Entry[LetterLedger.BATCH_MAX];
    for (int i = 0; i < entries.length; i++) {
      var headers = Map.of("h", "x".repeat(Letter.HEADER_BYTES_MAX - 1));
      entries[i] = entry(KEY, at(i + 1), "k" + i, new byte[200 << 10], headers);
    }

    assertThat(enter(KEY, ANN, entries)).isTrue();
    assertThat(letters()).hasSize(entries.length);

    var ids = letters().stream().map(Letter::id).toList();
    assertThat(answer(ledger().strike(new Fence(KEY, ANN), ids))).isTrue();
    assertThat(letters()).isEmpty();
  }

  private List<Letter> letters() {
    var found = answer(ledger().ofFunction(KEY.function()));
    assertThat(found.faults()).isEmpty();
    return found.letters();
  }

  private byte[] payload(Letter.Id id) {
    return answer(ledger().payload(id)).orElseThrow();
  }

  private boolean enter(ProgressKey key, LeaseToken token, Entry... entries) {
    return answer(ledger().enter(new Fence(key, token), List.of(entries)));
  }

  private ProgressItem seal(ProgressKey key, LeaseToken token) {
    return answer(store().seal(key, token, "nonce"));
  }

  private static Letter.Id id(ProgressKey key, Position position) {
    return new Letter.Id(key, position);
  }

  private static Position at(long sequence) {
    return Position.of(sequence);
  }

  private static Entry entry(ProgressKey place, Position position, String key, byte[] payload) {
    return entry(place, position, key, payload, Map.of("traceparent", "00-ab-cd-01"));
  }

  private static Entry entry(
      ProgressKey place,
      Position position,
      String key,
      byte[] payload,
      Map<String, String> headers) {
    var letter =
        new Letter(
            id(place, position),
            key,
            NOON.minusSeconds(60),
            NOON,
            3,
            "RetryAttemptsExhausted",
            "java.lang.IllegalStateException",
            headers,
            payload.length,
            1,
            0);
    return new Entry(letter, payload);
  }
}
