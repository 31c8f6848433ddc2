package io.headrace.checkpoint;

class InMemoryTakeOverTest extends TakeOverContract {
  private final CheckpointStore store = new InMemoryCheckpointStore();

  @Override
  protected CheckpointStore store() {
    return store;
  }
}
