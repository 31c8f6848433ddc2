package io.headrace.function.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.headrace.function.Batch;
import io.headrace.function.BatchAnswer;
import io.headrace.function.BatchFunction;
import io.headrace.function.Event;
import io.headrace.function.EventSourceMapping;
import io.headrace.kcl.SequenceNumber;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a Lambda handler answers a batch: {@code {"batchItemFailures": [{"itemIdentifier": "…"}]}}
 * names the records that failed, and everything else means what it means to Lambda. Of one
 * function; thread-safe, called on the invocation pool.
 *
 * <p>Source of the rules: AWS's documentation of partial batch responses for Kinesis, and answers
 * of AWS that a third party recorded; {@code docs/lambda-conformance.md} lists them.
 */
public final class BatchResponse {
  private static final Logger LOG = LoggerFactory.getLogger(BatchResponse.class);
  private static final String FAILURES = "batchItemFailures";
  private static final String IDENTIFIER = "itemIdentifier";

  /** What a window's answer has beside. */
  private static final String STATE = "state";

  /** Any other name may be of the data, as in a map by customer, and stays out of the log. */
  private static final Pattern MISSPELT =
      Pattern.compile("(?i)(?=.*(fail|item|error))[a-z_-]{1,32}");

  private static final byte[] NOTHING = {};
  private static final BatchAnswer DONE = new BatchAnswer.Done(false);
  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final String function;
  private final AtomicBoolean told = new AtomicBoolean();

  /**
   * Reads what one function answers.
   *
   * @param function for the log, such as {@code handler com.acme.Orders}
   */
  public BatchResponse(String function) {
    this.function = function;
  }

  /** A function that answers its batch in JSON. */
  @FunctionalInterface
  public interface Answering<I, O> {
    /**
     * @return null and the empty text are answers, too: all is done
     */
    @Nullable String handle(Batch<I, O> batch) throws Exception;
  }

  /** The response named this record. */
  public static final class ReportedFailure extends Exception {
    private static final long serialVersionUID = 1;

    ReportedFailure(String sequenceNumber) {
      super("the response names record " + sequenceNumber + " as failed");
    }
  }

  /** The response is not one: the whole batch failed. */
  public static final class MalformedResponse extends Exception {
    private static final long serialVersionUID = 1;

    MalformedResponse(String message) {
      super(message + "; the whole batch counts as failed");
    }
  }

  /** A batch function of one that answers; what it answers is looked at if the mapping says so. */
  public static <I, O> BatchFunction<I, O> answering(
      EventSourceMapping mapping, Answering<I, O> function) {
    var responses = new BatchResponse("a batch function");
    return batch -> {
      var response = function.handle(batch);
      if (mapping.reportsBatchItemFailures()) {
        responses.report(response, batch, mapping.refusesUnknownKeys());
      }
    };
  }

  private <I> void report(@Nullable String response, Batch<I, ?> batch, boolean strict)
      throws MalformedResponse {
    Map<SequenceNumber, List<Event<I>>> events = new HashMap<>();
    for (var event : batch) {
      events
          .computeIfAbsent(new SequenceNumber(event.id().sequence()), any -> new ArrayList<>())
          .add(event);
    }
    var answer = read(response == null ? NOTHING : response.getBytes(UTF_8), events.keySet());
    if (answer instanceof BatchAnswer.Malformed malformed) {
      throw new MalformedResponse(malformed.why());
    }
    if (strict && answer instanceof BatchAnswer.Done done && done.unknownKeys()) {
      throw new MalformedResponse("the answer has a key that means nothing");
    }
    if (answer instanceof BatchAnswer.ItemsFailed failed) {
      for (var number : failed.numbers()) {
        Objects.requireNonNull(events.get(number))
            .forEach(event -> batch.fail(event, new ReportedFailure(number.value())));
      }
    }
  }

  /**
   * Understands an answer, as AWS Lambda does: nothing, or an object without {@code
   * batchItemFailures}, is success; each of the items must name a record of the batch, or all of it
   * counts as failed. Any thread.
   *
   * @param answer JSON in UTF-8; empty where there is none
   * @param batch the sequence numbers of its records
   */
  public BatchAnswer read(byte[] answer, Collection<SequenceNumber> batch) {
    JsonNode root;
    try {
      root = answer.length == 0 ? MissingNode.getInstance() : JSON.readTree(answer);
    } catch (IOException notJson) {
      return notJson(answer);
    }
    if (!root.isObject()) {
      // Text, numbers and lists are what handlers answer that know nothing of partial answers.
      return DONE;
    }
    var failures = root.get(FAILURES);
    if (failures == null) {
      return new BatchAnswer.Done(hasUnknown(root));
    }
    if (failures.isNull()) {
      return DONE;
    }
    if (!failures.isArray()) {
      return new BatchAnswer.Malformed(FAILURES + " is not a list");
    }
    return failures.isEmpty() ? DONE : named(failures, batch);
  }

  private static BatchAnswer named(JsonNode failures, Collection<SequenceNumber> batch) {
    Map<String, SequenceNumber> numbers = new HashMap<>();
    batch.forEach(number -> numbers.put(number.value(), number));
    var named = new HashSet<SequenceNumber>();
    for (var item : failures) {
      var identifier = item.get(IDENTIFIER);
      if (identifier == null || !identifier.isTextual() || identifier.textValue().isEmpty()) {
        return new BatchAnswer.Malformed(
            "an item of " + FAILURES + " has no " + IDENTIFIER + " that is a sequence number");
      }
      var number = numbers.get(identifier.textValue());
      if (number == null) {
        return new BatchAnswer.Malformed("an " + IDENTIFIER + " is of no record of the batch");
      }
      named.add(number);
    }
    return new BatchAnswer.ItemsFailed(named);
  }

  /** A misspelt name is success for Lambda, and a loss that nobody hears of: told once. */
  private boolean hasUnknown(JsonNode root) {
    for (Iterator<String> names = root.fieldNames(); names.hasNext(); ) {
      var name = names.next();
      if (name.equals(STATE)) {
        continue;
      }
      if (told.compareAndSet(false, true)) {
        LOG.warn(
            "{} answered an object with {} and no {}, which counts as success; if records"
                + " failed, they are not tried again. Not logged again",
            function,
            MISSPELT.matcher(name).matches() ? "\"" + name + "\"" : "other keys",
            FAILURES);
      }
      return true;
    }
    return false;
  }

  /** A handler may write any text; but what begins as an object was meant as an answer. */
  private static BatchAnswer notJson(byte[] answer) {
    int first = 0;
    while (first < answer.length && Character.isWhitespace(answer[first])) {
      first++;
    }
    return first < answer.length && answer[first] == '{'
        ? new BatchAnswer.Malformed("the answer begins as a JSON object and is none")
        : DONE;
  }
}
