package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.Shards.progress;
import static io.headrace.checkpoint.Shards.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Answers;
import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.LetterLedger.Entry;
import io.headrace.checkpoint.LetterLedger.Fence;
import io.headrace.checkpoint.LetterLedgerContract;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Position;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
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
  void an_owner_that_struck_late_takes_no_slice_of_the_letter_that_its_successor_entered() {
    var key = progress("s0");
    var large = entry(key, 1, new byte[500_000]);
    Answers.answer(store.seal(key, token("ann", 1), "nonce"));
    Answers.answer(
        store
            .letters()
            .enter(new Fence(key, token("ann", 1)), List.of(entry(key, 0, new byte[400_000]))));
    var paused =
        new DynamoLetterLedger(
            afterTransaction(
                () -> {
                  Answers.answer(store.seal(key, token("bob", 2), "nonce"));
                  var fence = new Fence(key, token("bob", 2));
                  Answers.answer(store.letters().enter(fence, List.of(large)));
                }),
            EmbeddedTable.NAME,
            application);

    var struck =
        Answers.answer(
            paused.strike(new Fence(key, token("ann", 1)), List.of(large.letter().id())));

    assertThat(struck).isTrue();
    assertThat(Answers.answer(store.letters().payload(large.letter().id())).orElseThrow())
        .isEqualTo(large.payload());
    assertThat(slices(key)).as("those of the first letter are gone").hasSize(2);
  }

  @Test
  void a_payload_of_which_a_slice_is_missing_is_an_error() {
    var key = progress("s0");
    var large = entry(key, 1, new byte[500_000]);
    Answers.answer(store.seal(key, token("ann", 1), "nonce"));
    Answers.answer(store.letters().enter(new Fence(key, token("ann", 1)), List.of(large)));
    var slice = slices(key).get(1);
    Answers.answer(
        EmbeddedTable.CLIENT.deleteItem(
            d ->
                d.tableName(EmbeddedTable.NAME)
                    .key(Map.of("pk", slice.get("pk"), "sk", slice.get("sk")))));

    assertThat(Answers.faultOf(store.letters().payload(large.letter().id())))
        .isInstanceOf(CheckpointException.class)
        .hasMessageEndingWith("its payload has 307200 bytes of 500000");
  }

  private List<Map<String, AttributeValue>> slices(ProgressKey key) {
    var partition = AttributeValue.fromS(LetterItems.slices(application, key));
    return Answers.answer(
            EmbeddedTable.CLIENT.query(
                q ->
                    q.tableName(EmbeddedTable.NAME)
                        .keyConditionExpression("pk = :p")
                        .expressionAttributeValues(Map.of(":p", partition))))
        .items();
  }

  /** The real client, of an owner that stands still behind its transaction. */
  private static DynamoDbAsyncClient afterTransaction(Runnable meanwhile) {
    return (DynamoDbAsyncClient)
        Proxy.newProxyInstance(
            DynamoDbAsyncClient.class.getClassLoader(),
            new Class<?>[] {DynamoDbAsyncClient.class},
            (proxy, method, arguments) -> {
              var answer = method.invoke(EmbeddedTable.CLIENT, arguments);
              return method.getName().equals("transactWriteItems")
                  ? ((CompletableFuture<?>) answer)
                      .thenApply(
                          done -> {
                            meanwhile.run();
                            return done;
                          })
                  : answer;
            });
  }

  private static Entry entry(ProgressKey place, long order, byte[] payload) {
    var letter =
        new Letter(
            new Letter.Id(place, Position.of(7)),
            "a",
            Instant.EPOCH,
            Instant.EPOCH,
            1,
            "Down",
            "java.io.IOException",
            Map.of(),
            payload.length,
            1,
            order);
    return new Entry(letter, payload);
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
