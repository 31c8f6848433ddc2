package io.headrace.bench.chaos;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Writes down each seal and commit, and each letter that is entered, when it was sent and what was
 * answered. As its store.
 */
final class WitnessedStore extends ForwardingCheckpointStore {
  private final Diary diary;

  WitnessedStore(CheckpointStore store, Diary diary) {
    super(store);
    this.diary = diary;
  }

  @Override
  public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
    long sent = System.nanoTime();
    return super.seal(key, token, nonce)
        .thenApply(
            item -> {
              if (item.token().equals(token)) {
                diary.write(
                    "sealed",
                    "function",
                    key.function(),
                    "shard",
                    key.shard().shard().value(),
                    "token",
                    token.toString(),
                    "sent",
                    sent,
                    "answered",
                    System.nanoTime(),
                    "ended",
                    item.children().isPresent(),
                    "finished",
                    finished(item.progress()));
              }
              return item;
            });
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    send(commit, false);
    return super.commit(commit).thenApply(answer -> answered(commit, answer));
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    send(end, true);
    return super.end(end).thenApply(answer -> answered(end, answer));
  }

  @Override
  public LetterLedger letters() {
    return new WitnessedLedger(super.letters(), diary);
  }

  private void send(Write write, boolean end) {
    diary.write(
        "commit",
        "function",
        write.claim().key().function(),
        "shard",
        write.claim().key().shard().shard().value(),
        "token",
        write.claim().token().toString(),
        "attempt",
        write.claim().attempt(),
        "sent",
        System.nanoTime(),
        "end",
        end,
        "finished",
        finished(write.progress()));
  }

  private WriteAnswer answered(Write write, WriteAnswer answer) {
    diary.write(
        "answer",
        "function",
        write.claim().key().function(),
        "token",
        write.claim().token().toString(),
        "shard",
        write.claim().key().shard().shard().value(),
        "attempt",
        write.claim().attempt(),
        "answered",
        System.nanoTime(),
        "applied",
        answer instanceof WriteAnswer.Applied);
    return answer;
  }

  /** Pairs of the first and the last sequence number of what is finished; the first may be 0. */
  private static List<List<String>> finished(Progress progress) {
    List<List<String>> ranges = new ArrayList<>();
    progress.through().ifPresent(last -> ranges.add(List.of("0", last.sequence().value())));
    progress
        .ranges()
        .forEach(
            range ->
                ranges.add(
                    List.of(range.first().sequence().value(), range.last().sequence().value())));
    return ranges;
  }
}
