package io.headrace.harness.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.function.Batch;
import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.DiscardedBatch;
import io.headrace.function.Event;
import io.headrace.function.EventSourceMapping;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Unavailable;
import io.headrace.function.json.BatchResponse;
import io.headrace.harness.FunctionHarness;
import io.headrace.kcl.Start;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A function under the rules of a mapping, fed and failing as a case says. */
final class LambdaCourse {
  private static final Pattern RECORD =
      Pattern.compile("(\\w+)=(\\w+)(?:\\.\\.(\\d+))?(?:@(\\d+)s)?(?:\\*(\\d+))?");
  private static final Pattern TIME = Pattern.compile("(\\d+)([sm])");
  private static final String PADDING = ".";

  private record Text() implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(UTF_8);
    }
  }

  private final FunctionHarness<String, String> stream;
  private final List<List<String>> invocations = new ArrayList<>();

  /** By sequence number. */
  private final Map<String, String> seen = new HashMap<>();

  private final Map<String, Integer> fails = new HashMap<>();
  private final Map<String, Integer> reports = new HashMap<>();
  private final List<@Nullable String> answers = new ArrayList<>();
  private int outage;

  LambdaCourse(EventSourceMapping mapping, JsonNode behaviour) {
    counts(behaviour.path("fails"), fails);
    counts(behaviour.path("reports"), reports);
    behaviour
        .path("answers")
        .forEach(answer -> answers.add(answer.isNull() ? null : answer.textValue()));
    outage = behaviour.path("outage").intValue();
    BatchResponse.Answering<String, String> function = this::handle;
    var begins = behaviour.path("begins");
    stream =
        FunctionHarness.of(
            clock ->
                FunctionSpec.named("f")
                    .reading(
                        Input.of(StreamSource.kinesis("in"), new Text())
                            .startingAt(
                                begins.isMissingNode()
                                    ? Start.HORIZON
                                    : Start.at(clock.instant().minusSeconds(begins.intValue()))))
                    .lambdaCompatible(mapping)
                    .handledInBatchesBy(
                        () -> BatchResponse.answering(mapping, function),
                        Destination.stream("out", new Text(), text -> text)));
  }

  private static void counts(JsonNode from, Map<String, Integer> into) {
    from.properties().forEach(each -> into.put(each.getKey(), each.getValue().intValue()));
  }

  List<List<String>> invocations() {
    return invocations;
  }

  List<String> handled() {
    return stream.output();
  }

  /** As {@code condition xCount values, answer}. */
  List<String> discarded() {
    assertThat(stream.deadLetters()).as("letters with payload").isEmpty();
    return stream.discardedBatches().stream().map(this::described).toList();
  }

  private String described(DiscardedBatch batch) {
    var first = seen.getOrDefault(batch.startSequenceNumber(), "unseen");
    var last = seen.getOrDefault(batch.endSequenceNumber(), "unseen");
    if (batch.batchSize() == 1) {
      assertThat(batch.endSequenceNumber()).isEqualTo(batch.startSequenceNumber());
    }
    return batch.condition()
        + " x"
        + batch.invokeCount()
        + " "
        + (batch.batchSize() == 1 ? first : first + ".." + last)
        + batch
            .answer()
            .map(
                answer ->
                    switch (answer) {
                      case FAILED -> ", failed";
                      case REPORTED_FAILURES -> ", reported";
                    })
            .orElse(", unasked");
  }

  void perform(String step) {
    var words = List.of(step.split(" "));
    switch (words.get(0)) {
      case "put" -> words.subList(1, words.size()).forEach(this::put);
      case "advance" -> stream.advance(duration(words.get(1)));
      case "crash" -> stream.crash();
      case "split" -> stream.split();
      default -> throw new IllegalArgumentException("no step is named " + step);
    }
  }

  private static Duration duration(String text) {
    var matcher = TIME.matcher(text);
    assertThat(matcher.matches()).as("a time such as 10s or 5m: %s", text).isTrue();
    long n = Long.parseLong(matcher.group(1));
    return matcher.group(2).equals("s") ? Duration.ofSeconds(n) : Duration.ofMinutes(n);
  }

  private void put(String record) {
    var matcher = RECORD.matcher(record);
    assertThat(matcher.matches()).as("a record such as a=1@10s*500: %s", record).isTrue();
    var key = matcher.group(1);
    var value = matcher.group(2);
    long age = matcher.group(4) == null ? 0 : Long.parseLong(matcher.group(4));
    if (matcher.group(3) != null) {
      for (int i = Integer.parseInt(value); i <= Integer.parseInt(matcher.group(3)); i++) {
        put(key, String.valueOf(i), age);
      }
      return;
    }
    int bytes = matcher.group(5) == null ? 0 : Integer.parseInt(matcher.group(5));
    put(key, value + PADDING.repeat(Math.max(0, bytes - value.length())), age);
  }

  private void put(String key, String value, long ageSeconds) {
    stream.put(key, value, stream.now().minusSeconds(ageSeconds));
  }

  private @Nullable String handle(Batch<String, String> batch) {
    var sequences = new HashMap<String, String>();
    var values = new ArrayList<String>();
    var shards = new HashSet<String>();
    for (Event<String> event : batch) {
      var value = event.value().replace(PADDING, "");
      values.add(value);
      sequences.put(value, event.id().sequence());
      seen.put(event.id().sequence(), value);
      shards.add(event.id().shard());
      batch.out(event).send(value);
    }
    assertThat(shards).as("a batch is of one shard").hasSize(1);
    invocations.add(values);
    if (outage > 0) {
      outage--;
      throw new Unavailable("dependency", Duration.ZERO, null);
    }
    for (var value : values) {
      if (oneMore(fails, value)) {
        throw new IllegalStateException("as the case says");
      }
    }
    int number = invocations.size();
    if (number <= answers.size()) {
      return filled(answers.get(number - 1), sequences);
    }
    var reported = values.stream().filter(value -> oneMore(reports, value)).map(sequences::get);
    return "{\"batchItemFailures\":["
        + String.join(",", reported.map(id -> "{\"itemIdentifier\":\"" + id + "\"}").toList())
        + "]}";
  }

  private static boolean oneMore(Map<String, Integer> left, String value) {
    int count = left.getOrDefault(value, 0);
    left.put(value, count - 1);
    return count > 0;
  }

  private static @Nullable String filled(@Nullable String answer, Map<String, String> sequences) {
    var filled = answer;
    for (var each : sequences.entrySet()) {
      filled = filled == null ? null : filled.replace("$" + each.getKey(), each.getValue());
    }
    return filled;
  }
}
