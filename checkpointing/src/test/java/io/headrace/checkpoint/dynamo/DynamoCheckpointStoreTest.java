package io.headrace.checkpoint.dynamo;

import io.headrace.checkpoint.Answers;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.CheckpointStoreContract;
import io.headrace.checkpoint.ProgressKey;

class DynamoCheckpointStoreTest extends CheckpointStoreContract {
  private final String application = EmbeddedTable.application();
  private final CheckpointStore store =
      new DynamoCheckpointStore(EmbeddedTable.CLIENT, EmbeddedTable.NAME, application);

  @Override
  protected CheckpointStore store() {
    return store;
  }

  @Override
  protected void delete(ProgressKey key) {
    Answers.answer(
        EmbeddedTable.CLIENT.deleteItem(
            d -> d.tableName(EmbeddedTable.NAME).key(EmbeddedTable.keyOf(application, key))));
  }
}
