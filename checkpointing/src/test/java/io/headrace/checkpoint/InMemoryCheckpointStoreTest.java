package io.headrace.checkpoint;

class InMemoryCheckpointStoreTest extends CheckpointStoreContract {
  private final InMemoryCheckpointStore store = new InMemoryCheckpointStore();

  @Override
  protected CheckpointStore store() {
    return store;
  }

  @Override
  protected void delete(ProgressKey key) {
    store.delete(key);
  }
}
