package io.headrace.function.lambda;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.headrace.function.BatchAnswer;
import io.headrace.function.LambdaCall;
import io.headrace.function.LambdaHandler;
import io.headrace.function.LambdaHandlers.Answer;
import io.headrace.kcl.SequenceNumber;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Understands what a handler answered, as AWS Lambda does: nothing, or an object without {@code
 * batchItemFailures}, is success; each of the items must name a record of the batch, or all of it
 * counts as failed. Of one handler; thread-safe.
 */
final class AnswerJson {
  private static final Logger LOG = LoggerFactory.getLogger(AnswerJson.class);
  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final BatchAnswer DONE = new BatchAnswer.Done(false);
  private static final String STATE = "state";
  private static final BatchAnswer STATELESS =
      new BatchAnswer.Malformed("an answer within a window must have an object under state");
  private static final String FAILURES = "batchItemFailures";
  private static final String IDENTIFIER = "itemIdentifier";
  private static final int NAME_CHARACTERS_MAX = 64;

  private final LambdaHandler handler;
  private final AtomicBoolean told = new AtomicBoolean();

  AnswerJson(LambdaHandler handler) {
    this.handler = handler;
  }

  Answer read(LambdaCall call, byte[] answer) {
    var window = call.window();
    if (window == null && !handler.reportsItemFailures()) {
      return Answer.DONE;
    }
    JsonNode root;
    try {
      root = answer.length == 0 ? MissingNode.getInstance() : JSON.readTree(answer);
    } catch (IOException notJson) {
      return Answer.of(window == null ? notJson(answer) : STATELESS);
    }
    var items = handler.reportsItemFailures() ? items(call, root) : DONE;
    if (window == null) {
      return Answer.of(items);
    }
    var state = root.path(STATE);
    if (!state.isObject()) {
      // What the last call of a window answers is of no use to any other.
      return window.last() ? Answer.of(items) : Answer.of(STATELESS);
    }
    return new Answer(items, state.toString());
  }

  private BatchAnswer items(LambdaCall call, JsonNode root) {
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
    return failures.isEmpty() ? DONE : named(call, failures);
  }

  private static BatchAnswer named(LambdaCall call, JsonNode failures) {
    Map<String, SequenceNumber> batch = new HashMap<>();
    for (var record : call.records()) {
      var sequence = record.position().sequence();
      batch.put(sequence.value(), sequence);
    }
    var named = new HashSet<SequenceNumber>();
    for (var item : failures) {
      var identifier = item.get(IDENTIFIER);
      if (identifier == null || !identifier.isTextual() || identifier.textValue().isEmpty()) {
        return new BatchAnswer.Malformed(
            "an item of " + FAILURES + " has no " + IDENTIFIER + " that is a sequence number");
      }
      var sequence = batch.get(identifier.textValue());
      if (sequence == null) {
        return new BatchAnswer.Malformed("an " + IDENTIFIER + " is of no record of the batch");
      }
      named.add(sequence);
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
            "{} answered an object with \"{}\" and no {}, which counts as success; if records"
                + " failed, they are not tried again. Not logged again",
            handler,
            name.length() <= NAME_CHARACTERS_MAX ? name : name.substring(0, NAME_CHARACTERS_MAX) + "…",
            FAILURES);
      }
      return true;
    }
    return false;
  }

  /** A stream handler may write any text; but what begins as an object was meant as an answer. */
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
