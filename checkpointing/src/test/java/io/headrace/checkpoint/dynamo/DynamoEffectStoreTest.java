package io.headrace.checkpoint.dynamo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Answers;
import io.headrace.checkpoint.EffectStore;
import io.headrace.checkpoint.EffectStoreContract;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

class DynamoEffectStoreTest extends EffectStoreContract {
  private final String application = EmbeddedTable.application();
  private final EffectStore store =
      new DynamoEffectStore(EmbeddedTable.CLIENT, EmbeddedTable.NAME, application);

  @Override
  protected EffectStore store() {
    return store;
  }

  @Test
  void an_item_says_when_it_may_go_as_dynamodb_wants_it() {
    var expires = Instant.parse("2026-01-31T12:00:00Z");
    Answers.answer(store.claim(new EffectStore.Key("r", "e"), 1, expires));

    var item =
        Answers.answer(
                EmbeddedTable.CLIENT.getItem(
                    get ->
                        get.tableName(EmbeddedTable.NAME)
                            .key(
                                Map.of(
                                    "pk", AttributeValue.fromS(application + "!E!r"),
                                    "sk", AttributeValue.fromS("e")))))
            .item();

    assertThat(item.get("ttl").n()).isEqualTo(Long.toString(expires.getEpochSecond()));
  }
}
