package io.headrace.checkpoint;

class InMemoryOperatorStoreTest extends OperatorStoreContract {
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore();

  @Override
  protected CheckpointStore store() {
    return store;
  }
}
