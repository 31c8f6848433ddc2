package io.headrace.checkpoint;

class InMemoryLetterLedgerTest extends LetterLedgerContract {
  private final CheckpointStore store = new InMemoryCheckpointStore();

  @Override
  protected CheckpointStore store() {
    return store;
  }
}
