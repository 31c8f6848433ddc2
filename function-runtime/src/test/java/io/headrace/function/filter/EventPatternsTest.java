package io.headrace.function.filter;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.FilterException;
import io.headrace.function.RecordFilter;
import io.headrace.function.RecordFilter.Verdict;
import io.headrace.kcl.PartitionKey;
import io.headrace.kcl.Payload;
import io.headrace.kcl.Position;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The language and its odd corners, as facts of the library (2.0.1) that users meet. */
class EventPatternsTest {
  private static final Instant ARRIVED = Instant.ofEpochMilli(1_545_084_650_987L);

  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // What the page on filters lists.
        "[null]                              | {'a':null}        | PASSES",
        "[null]                              | {'a':'null'}      | FILTERED",
        "['']                                | {'a':''}          | PASSES",
        "['x']                               | {'a':'x'}         | PASSES",
        "['x']                               | {'a':'X'}         | FILTERED",
        "['x','y']                           | {'a':'y'}         | PASSES",
        "[true]                              | {'a':true}        | PASSES",
        "[{'anything-but':['x','y']}]        | {'a':'z'}         | PASSES",
        "[{'anything-but':['x','y']}]        | {'a':'y'}         | FILTERED",
        "[{'anything-but':{'prefix':'x'}}]   | {'a':'xyz'}       | FILTERED",
        "[{'anything-but':{'suffix':'z'}}]   | {'a':'abc'}       | PASSES",
        "[{'anything-but':{'equals-ignore-case':'X'}}] | {'a':'x'} | FILTERED",
        "[{'anything-but':{'wildcard':'x*'}}] | {'a':'xyz'}      | FILTERED",
        "[{'numeric':['=',100]}]             | {'a':100}         | PASSES",
        "[{'numeric':['>',10,'<=',20]}]      | {'a':20}          | PASSES",
        "[{'numeric':['>',10,'<=',20]}]      | {'a':10}          | FILTERED",
        "[{'exists':true}]                   | {'a':1}           | PASSES",
        "[{'exists':true}]                   | {'b':1}           | FILTERED",
        "[{'exists':false}]                  | {'b':1}           | PASSES",
        "[{'exists':false}]                  | {'a':1}           | FILTERED",
        "[{'prefix':'us-'}]                  | {'a':'us-east-1'} | PASSES",
        "[{'suffix':'.png'}]                 | {'a':'x.png'}     | PASSES",
        "[{'equals-ignore-case':'seattle'}]  | {'a':'SeaTTle'}   | PASSES",
        "[{'wildcard':'a*c'}]                | {'a':'abc'}       | PASSES",
        "[{'cidr':'10.0.0.0/24'}]            | {'a':'10.0.0.9'}  | PASSES",
        "[{'cidr':'10.0.0.0/24'}]            | {'a':'10.0.1.9'}  | FILTERED",
        // Numbers are equal by value, whatever the page says of their spelling.
        "[300]                               | {'a':300.0}       | PASSES",
        "[3.0e2]                             | {'a':300}         | PASSES",
        "[300]                               | {'a':'300'}       | FILTERED",
        "[{'numeric':['>',999999999999]}]    | {'a':1000000000000} | PASSES",
        "[{'numeric':['=',5]}]               | {'a':'5'}         | FILTERED",
        "[{'numeric':['=',5]}]               | {'a':[1,5]}       | PASSES",
        // Only leaves exist.
        "[{'exists':true}]                   | {'a':{'b':1}}     | FILTERED",
        "[{'exists':true}]                   | {'a':[]}          | FILTERED",
        "[{'exists':true}]                   | {'a':null}        | PASSES",
        "[{'anything-but':['x']}]            | {'b':'y'}         | FILTERED",
        "[{'anything-but':['x']}]            | {'a':['x','y']}   | PASSES",
        // JSON that is no object has no fields.
        "['x']                               | 'x'               | FILTERED",
        "['x']                               | 5                 | FILTERED",
        "['x']                               | [{'a':'x'}]       | PASSES",
        // A key that is there twice: the last one counts.
        "['y']                               | {'a':'x','a':'y'} | PASSES",
        "['x']                               | {'a':'x','a':'y'} | FILTERED",
      })
  @ParameterizedTest(name = "{0} of {1}: {2}")
  void a_field_of_the_payload_is_matched(String pattern, String payload, Verdict verdict)
      throws IOException {
    var filter = compile("{'data': {'a': " + pattern + "}}");

    assertThat(filter.judge(record("key", json(payload).getBytes(UTF_8)))).isEqualTo(verdict);
  }

  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'data':{'a':[1],'b':[2]}}                 | {'a':1,'b':2} | PASSES",
        "{'data':{'a':[1],'b':[2]}}                 | {'a':1,'b':3} | FILTERED",
        "{'data':{'$or':[{'a':[1]},{'b':[2]}]}}     | {'a':5,'b':2} | PASSES",
        "{'data':{'$or':[{'a':[1]},{'b':[2]}]}}     | {'a':5,'b':5} | FILTERED",
        "{'data':{'x':{'y':[1]}}}                   | {'x':{'y':1}} | PASSES",
        "{'data':{'a':[1],'a':[2]}}                 | {'a':2}       | PASSES",
        "{'partitionKey':['k']}                     | {}            | PASSES",
        "{'partitionKey':['other']}                 | {}            | FILTERED",
        "{'partitionKey':['k'],'data':{'a':[1]}}    | {'a':1}       | PASSES",
        "{'partitionKey':['other'],'data':{'a':[1]}} | {'a':1}      | FILTERED",
        "{'$or':[{'partitionKey':['k']},{'data':{'a':[1]}}]} | {'a':2} | PASSES",
        "{'sequenceNumber':['42']}                  | {}            | PASSES",
        "{'approximateArrivalTimestamp':[{'numeric':['>',1545084650.986]}]} | {} | PASSES",
        "{'approximateArrivalTimestamp':[1545084650.987]} | {}      | PASSES",
        "{'kinesisSchemaVersion':['1.0']}           | {}            | PASSES",
        "{'headers':{'tenant':['acme']}}            | {}            | PASSES",
      })
  @ParameterizedTest(name = "{0} of {1}: {2}")
  void fields_and_metadata_are_joined_as_the_pattern_says(
      String pattern, String payload, Verdict verdict) throws IOException {
    var record =
        new StreamRecord(
            Position.of(42),
            PartitionKey.of("k"),
            ARRIVED,
            Payload.of(json(payload).getBytes(UTF_8)),
            Map.of("tenant", "acme"));

    assertThat(compile(pattern).judge(record)).isEqualTo(verdict);
  }

  @Test
  void payloads_that_are_not_one_json_value_in_utf_8_are_unparsable() throws IOException {
    var filter = compile("{'data': {'a': [1]}}");

    for (var payload :
        List.of(
            new byte[0],
            " ".getBytes(UTF_8),
            "not json".getBytes(UTF_8),
            "{\"a\":1".getBytes(UTF_8),
            "{\"a\":1} x".getBytes(UTF_8),
            "{\"a\":1}{\"a\":1}".getBytes(UTF_8),
            "{'a':1}".getBytes(UTF_8),
            "NaN".getBytes(UTF_8),
            new byte[] {0},
            new byte[] {'"', (byte) 0xC3, '"'},
            "{\"a\":1}".getBytes(UTF_16),
            "{\"a\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_16LE),
            "[".repeat(100_000).getBytes(UTF_8))) {
      assertThat(filter.judge(record("k", payload)))
          .as("%s bytes", payload.length)
          .isEqualTo(Verdict.UNPARSABLE);
    }
    assertThat(filter.judge(record("k", new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF, '1'})))
        .as("a byte-order mark of UTF-8")
        .isEqualTo(Verdict.FILTERED);
  }

  @Test
  void a_payload_is_read_only_where_it_decides() throws IOException {
    var unread = record("a", new byte[0]);

    assertThat(compile("{'partitionKey':['a']}").judge(unread)).isEqualTo(Verdict.PASSES);
    assertThat(compile("{'partitionKey':['b']}").judge(unread)).isEqualTo(Verdict.FILTERED);
    assertThat(compile("{'partitionKey':['b'],'data':{'a':[1]}}").judge(unread))
        .as("no payload would let it through")
        .isEqualTo(Verdict.FILTERED);
    assertThat(compile("{'partitionKey':['a'],'data':{'a':[1]}}").judge(unread))
        .isEqualTo(Verdict.UNPARSABLE);
    assertThat(compile("{'data':{'a':[1]}}", "{'partitionKey':['a']}").judge(unread))
        .isEqualTo(Verdict.PASSES);
  }

  @Test
  void large_payloads_are_judged() throws IOException {
    var filter = compile("{'data': {'last': ['yes']}}");

    for (int mebibytes : new int[] {1, 10}) {
      var filler = "x".repeat((mebibytes << 20) - 40);
      var payload = "{\"filler\":\"" + filler + "\",\"last\":\"yes\"}";
      assertThat(filter.judge(record("k", payload.getBytes(UTF_8)))).isEqualTo(Verdict.PASSES);
      assertThat(filter.judge(record("k", payload.replace("yes", "no").getBytes(UTF_8))))
          .isEqualTo(Verdict.FILTERED);
    }
  }

  @Test
  void a_payload_can_not_pose_as_metadata() throws IOException {
    var forged = "{\"a\":1},\"partitionKey\":\"vip\"";

    assertThat(
            compile("{'partitionKey':['vip'],'data':{'a':[1]}}")
                .judge(record("k", forged.getBytes(UTF_8))))
        .isEqualTo(Verdict.FILTERED);
  }

  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``                          | 1 | 1  | must be a JSON object",
        "x                           | 1 | 1  | Unrecognized token 'x'",
        "[1]                         | 1 | 1  | must be a JSON object",
        "{}                          | 1 | 3  | Empty objects are not allowed",
        "{'Data':{'a':[1]}}          | 1 | 2  | \"Data\" is no field of a record; it must be one of",
        "{'kinesis':{'data':{}}}     | 1 | 2  | \"kinesis\" is no field of a record",
        "{'data':['x']}              | 1 | 9  | \"data\" must be an object of patterns",
        "{'data':'x'}                | 1 | 9  | \"data\" must be an object of patterns",
        "{'partitionKey':'x'}        | 1 | 17 | \"partitionKey\" must be a list of patterns",
        "{'data':{}}                 | 1 | 11 | Empty objects are not allowed",
        "{'data':{'a':1}}            | 1 | 15 | \"a\" must be an object or an array",
        "{'data':{~ 'a':[{'pref':'x'}]}} | 2 | 16 | Unrecognized match type pref",
        "{'data':{'a':[1]}} x        | 1 | 20 | Unrecognized token 'x'",
        "{'data':{'a':[1]}} {}       | 1 | 20 | something follows the pattern",
        "{'data':{'a':[{'cidr':'1.2'}]}} | 0 | 0 | Malformed CIDR",
        "{'$or':[{'data':{'a':[1]}},{'x':[1]}]} | 1 | 29 | \"x\" is no field of a record",
      })
  @ParameterizedTest(name = "pattern {0}")
  void what_is_no_pattern_is_refused_with_its_place(
      String pattern, int line, int column, String reason) {
    assertThatThrownBy(() -> compile("{'data':{'a':[1]}}", pattern.replace('~', '\n')))
        .isInstanceOfSatisfying(
            FilterException.class,
            wrong -> {
              assertThat(wrong.reason()).contains(reason).doesNotContain("\n");
              assertThat(wrong.pattern()).isEqualTo(1);
              assertThat(wrong.line()).as("line of %s", wrong.getMessage()).isEqualTo(line);
              assertThat(wrong.column()).as("column of %s", wrong.getMessage()).isEqualTo(column);
            });
  }

  @Test
  void too_many_and_too_long_patterns_are_refused() {
    var pattern = "{'data':{'a':[1]}}";

    assertThat(compiled(Collections.nCopies(100, pattern))).isNotNull();
    assertThatThrownBy(() -> compiled(Collections.nCopies(101, pattern)))
        .hasMessageContaining("1 to 100 patterns, found 101");
    assertThatThrownBy(() -> compile("{'data':{'a':['" + "x".repeat(65_536) + "']}}"))
        .hasMessageContaining("filter pattern 1: must have at most 65,536 characters");
  }

  @Test
  void a_pattern_may_not_explode() {
    assertThat(compile(choices(6, 3))).as("729 alternatives").isNotNull();
    for (var pattern : List.of(choices(7, 3), choices(40, 3))) {
      assertThatThrownBy(() -> compile(pattern))
          .isInstanceOf(FilterException.class)
          .hasMessageContaining("has more than 1,000 alternatives once every $or is written out");
    }
  }

  /** So many fields with so many alternatives each. */
  private static String choices(int fields, int alternatives) {
    var any = new ArrayList<String>();
    for (int i = 0; i < alternatives; i++) {
      any.add("{'x" + i + "':[1]}");
    }
    var all = new ArrayList<String>();
    for (int i = 0; i < fields; i++) {
      all.add("'f" + i + "':{'$or':[" + String.join(",", any) + "]}");
    }
    return "{'data':{" + String.join(",", all) + "}}";
  }

  private static RecordFilter compile(String... patterns) {
    return compiled(List.of(patterns));
  }

  private static RecordFilter compiled(List<String> patterns) {
    return RecordFilter.Language.find()
        .compile(patterns.stream().map(EventPatternsTest::json).toList());
  }

  private static String json(String text) {
    return text.replace('\'', '"');
  }

  private static StreamRecord record(String key, byte[] payload) {
    return new StreamRecord(Position.of(1), key, ARRIVED, payload);
  }
}
