package io.headrace.function.lambda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.BatchAnswer;
import io.headrace.function.LambdaCall;
import io.headrace.function.LambdaHandler;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The answers of the table of partial batch responses, for a batch of records 3, 4, 5. */
class AnswerJsonTest {
  private static final LambdaHandler HANDLER = LambdaHandler.named("com.acme.Handler");

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Documented, or recorded against AWS.
        "",
        "null",
        "\"\"",
        "[]",
        "{}",
        "{\"batchItemFailures\":[]}",
        "{\"batchItemFailures\":null}",
        // Ours: what handlers answer that know nothing of partial answers.
        "\"200 OK\"",
        "5",
        "true",
        "[{\"itemIdentifier\":\"4\"}]",
        "{\"statusCode\":200}",
        "{\"failedItems\":[{\"itemIdentifier\":\"4\"}]}",
        "not json",
        " ",
      })
  void is_success(String answer) {
    assertThat(read(answer)).isInstanceOf(BatchAnswer.Done.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Documented, or recorded against AWS.
        "{\"batchItemFailures\":[{\"itemIdentifier\":\"\"}]}",
        "{\"batchItemFailures\":[{\"itemIdentifier\":null}]}",
        "{\"batchItemFailures\":[{\"foo\":\"4\"}]}",
        "{\"batchItemFailures\":[{\"foo\":null}]}",
        "{\"batchItemFailures\":[{\"itemIdentifier\":\"6\"}]}",
        // Ours: what nobody can understand is no success.
        "{\"batchItemFailures\":[{}]}",
        "{\"batchItemFailures\":[\"4\"]}",
        "{\"batchItemFailures\":[null]}",
        "{\"batchItemFailures\":[{\"itemIdentifier\":4}]}",
        "{\"batchItemFailures\":[{\"itemIdentifier\":\"04\"}]}",
        "{\"batchItemFailures\":[{\"itemIdentifier\":\"4\"},{\"itemIdentifier\":\"6\"}]}",
        "{\"batchItemFailures\":\"4\"}",
        "{\"batchItemFailures\":{\"itemIdentifier\":\"4\"}}",
        "{\"batchItemFailures\":",
        "{\"batchItemFailures\":[]} and more",
      })
  void fails_the_whole_batch(String answer) {
    assertThat(read(answer)).isInstanceOf(BatchAnswer.Malformed.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "4     | 4",
        "3     | 3",
        "5,4   | 4",
        "5,3,5 | 3",
      })
  void begins_again_at_the_lowest_number(String named, String lowest) {
    var items = new ArrayList<String>();
    for (var each : List.of(named.split(","))) {
      items.add("{\"itemIdentifier\":\"" + each + "\"}");
    }
    var answer = read("{\"batchItemFailures\":[" + String.join(",", items) + "]}");

    assertThat(answer)
        .isInstanceOfSatisfying(
            BatchAnswer.ItemsFailed.class,
            failed -> assertThat(failed.lowest()).isEqualTo(new SequenceNumber(lowest)));
  }

  @Test
  void nothing_is_looked_at_without_report_batch_item_failures() {
    var answer = "{\"batchItemFailures\":[{\"itemIdentifier\":\"\"}]}".getBytes(UTF_8);

    assertThat(new AnswerJson(HANDLER.ignoringItemFailures()).read(call(), answer).batch())
        .isEqualTo(new BatchAnswer.Done(false));
  }

  @Test
  void an_object_with_other_keys_is_told_from_one_without_any() {
    assertThat(read("{\"failedItems\":[]}")).isEqualTo(new BatchAnswer.Done(true));
    assertThat(read("{\"state\":{}}")).isEqualTo(new BatchAnswer.Done(false));
    assertThat(read("{}")).isEqualTo(new BatchAnswer.Done(false));
  }

  @Test
  void a_complaint_quotes_nothing_of_the_answer() {
    var answer = read("{\"batchItemFailures\":[{\"itemIdentifier\":\"secret\"}]}");

    assertThat(answer.toString()).doesNotContain("secret");
  }

  @Test
  void a_state_keeps_its_digits_and_is_absent_where_it_is_no_object() {
    var state = "{\"sum\":12345678901234567.89,\"price\":1.10,\"far\":1E+400}";

    assertThat(stateOf("{\"state\":" + state + "}")).isEqualTo(state);
    assertThat(stateOf("{\"state\":{}}")).isEqualTo("{}");
    for (var none :
        List.of("", "null", "{}", "{\"state\":null}", "{\"state\":[]}", "{\"state\":")) {
      assertThat(stateOf(none)).as(none).isNull();
    }
  }

  private static String stateOf(String answer) {
    var window = new LambdaCall.InWindow(Instant.EPOCH, Instant.EPOCH, "{}", false, false);
    var call = call();
    var within = new LambdaCall("f", "r", call.shard(), call.records(), call.remaining(), window);
    return new AnswerJson(HANDLER).read(within, answer.getBytes(UTF_8)).state();
  }

  private static BatchAnswer read(String answer) {
    return new AnswerJson(HANDLER).read(call(), answer.getBytes(UTF_8)).batch();
  }

  private static LambdaCall call() {
    var records = new ArrayList<StreamRecord>();
    for (int sequence = 3; sequence <= 5; sequence++) {
      records.add(new StreamRecord(Position.of(sequence), "k", Instant.EPOCH, new byte[0]));
    }
    var shard = new ShardKey(new StreamId("s", Instant.EPOCH), new ShardId("shardId-0"));
    return new LambdaCall("f", "r", shard, records, () -> Duration.ZERO, null);
  }
}
