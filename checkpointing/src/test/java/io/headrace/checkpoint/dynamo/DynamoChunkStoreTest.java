package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.Answers.answer;
import static io.headrace.checkpoint.Answers.faultOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ChunkStoreContract;
import io.headrace.kcl.CheckpointException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

class DynamoChunkStoreTest extends ChunkStoreContract {
  private static final String LARGE = "app/f/s0/1.ab.1";

  private final String application = EmbeddedTable.application();
  private final ChunkStore store =
      new DynamoChunkStore(EmbeddedTable.CLIENT, EmbeddedTable.NAME, application);

  @Override
  protected ChunkStore store() {
    return store;
  }

  @Test
  void a_chunk_of_which_a_piece_is_missing_is_an_error_and_never_a_shorter_chunk() {
    answer(store.put(LARGE, new byte[DynamoChunkStore.PIECE_BYTES_MAX + 1]));
    answer(
        EmbeddedTable.CLIENT.deleteItem(d -> d.tableName(EmbeddedTable.NAME).key(piece("000001"))));

    assertThat(faultOf(store.get(LARGE)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("piece 1");
  }

  @Test
  void a_put_that_was_cut_off_is_made_whole_by_the_same_put() {
    var bytes = new byte[2 * DynamoChunkStore.PIECE_BYTES_MAX + 1];
    new Random(1).nextBytes(bytes);
    answer(store.put(LARGE, bytes));
    answer(
        EmbeddedTable.CLIENT.deleteItem(d -> d.tableName(EmbeddedTable.NAME).key(piece("000002"))));

    answer(store.put(LARGE, bytes));

    assertThat(answer(store.get(LARGE))).isEqualTo(bytes);
  }

  @Test
  void deleting_leaves_no_piece_behind() {
    answer(store.put(LARGE, new byte[2 * DynamoChunkStore.PIECE_BYTES_MAX + 1]));
    answer(store.delete(LARGE));

    for (var piece : new String[] {"000000", "000001", "000002"}) {
      assertThat(
              answer(
                      EmbeddedTable.CLIENT.getItem(
                          g -> g.tableName(EmbeddedTable.NAME).key(piece(piece))))
                  .hasItem())
          .isFalse();
    }
  }

  @Test
  void a_chunk_that_a_former_version_put_is_read_and_deleted() {
    var key =
        Map.of(
            "pk",
            AttributeValue.fromS(application + "!S!" + LARGE),
            "sk",
            AttributeValue.fromS("000000"));
    var item = new HashMap<>(key);
    item.put("b", AttributeValue.fromB(SdkBytes.fromByteArray(new byte[] {1, 2})));
    item.put("n", AttributeValue.fromN("1"));
    answer(EmbeddedTable.CLIENT.putItem(p -> p.tableName(EmbeddedTable.NAME).item(item)));

    assertThat(answer(store.get(LARGE))).containsExactly(1, 2);
    answer(store.delete(LARGE));
    assertThat(
            answer(EmbeddedTable.CLIENT.getItem(g -> g.tableName(EmbeddedTable.NAME).key(key)))
                .hasItem())
        .isFalse();
  }

  private Map<String, AttributeValue> piece(String number) {
    int slash = LARGE.lastIndexOf('/');
    var directory = LARGE.substring(0, Math.max(0, slash));
    return Map.of(
        "pk",
        AttributeValue.fromS(
            application + "!S!" + directory + "!" + Math.floorMod(LARGE.hashCode(), 8)),
        "sk",
        AttributeValue.fromS(LARGE.substring(slash + 1) + "!" + number));
  }
}
