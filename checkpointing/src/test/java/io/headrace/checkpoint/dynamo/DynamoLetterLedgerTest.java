package io.headrace.checkpoint.dynamo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Answers;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.LetterLedgerContract;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

class DynamoLetterLedgerTest extends LetterLedgerContract {
  private final String application = EmbeddedTable.application();
  private final CheckpointStore store =
      new DynamoCheckpointStore(EmbeddedTable.CLIENT, EmbeddedTable.NAME, application);

  @Override
  protected CheckpointStore store() {
    return store;
  }

  @Test
  void a_letter_that_was_edited_by_hand_is_named_and_hides_no_other() {
    var item =
        Map.of(
            "pk",
            AttributeValue.fromS(application + "!D!totals!3"),
            "sk",
            AttributeValue.fromS("orders@1/s0!0011:0010"),
            "r",
            AttributeValue.fromN("1"));
    Answers.answer(
        EmbeddedTable.CLIENT.putItem(put -> put.tableName(EmbeddedTable.NAME).item(item)));

    var found = Answers.answer(store.letters().ofFunction("totals"));

    assertThat(found.letters()).isEmpty();
    assertThat(found.faults()).hasSize(1);
    assertThat(found.faults().get(0)).contains("orders@1/s0!0011:0010", "attribute in is missing");
  }
}
