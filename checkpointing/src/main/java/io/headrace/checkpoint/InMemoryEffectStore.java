package io.headrace.checkpoint;

import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Effects of one process, gone with it. Thread-safe. Stages are complete when returned. */
public final class InMemoryEffectStore implements EffectStore {
  /** How many entries are looked at for their expiry with each claim. */
  private static final int SWEPT_AT_ONCE = 4;

  private final InstantSource clock;
  private final Map<Key, Entry> entries = new LinkedHashMap<>();

  private record Entry(long token, byte @Nullable [] result, Instant expires) {}

  /** Forgets by this clock. */
  public InMemoryEffectStore(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public synchronized CompletionStage<Claim> claim(Key key, long token, Instant expires) {
    sweep();
    return enter(key, new Entry(token, null, expires), new Claim.Granted());
  }

  @Override
  public synchronized CompletionStage<Claim> record(
      Key key, long token, byte[] result, Instant expires) {
    EffectStore.requireResult(result);
    return enter(key, new Entry(token, result, expires), new Claim.Recorded(result));
  }

  /** A result stands for ever, and of two attempts the one with the higher token. */
  private CompletionStage<Claim> enter(Key key, Entry entry, Claim entered) {
    var found = entries.get(key);
    Claim answer;
    if (found != null && found.result() != null) {
      answer = new Claim.Recorded(found.result());
    } else if (found != null && found.token() > entry.token()) {
      answer = new Claim.Superseded(found.token());
    } else {
      entries.put(key, entry);
      answer = entered;
    }
    return CompletableFuture.completedFuture(answer);
  }

  synchronized int size() {
    return entries.size();
  }

  /** Each in turn: what is kept goes behind the others, so that it never hides them. */
  private void sweep() {
    var now = clock.instant();
    var first = entries.keySet().stream().limit(SWEPT_AT_ONCE).toList();
    for (var key : first) {
      var entry = entries.remove(key);
      if (entry != null && !entry.expires().isBefore(now)) {
        entries.put(key, entry);
      }
    }
  }
}
