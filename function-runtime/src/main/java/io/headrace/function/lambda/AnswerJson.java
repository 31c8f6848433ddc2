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
import io.headrace.function.json.BatchResponse;
import java.io.IOException;

/**
 * Understands what a handler answered, within a window and without: its items as {@link
 * BatchResponse} does, and the window's state. Of one handler; thread-safe.
 */
final class AnswerJson {
  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final BatchAnswer DONE = new BatchAnswer.Done(false);
  private static final BatchAnswer STATELESS =
      new BatchAnswer.Malformed("an answer within a window must have an object under state");

  private final LambdaHandler handler;
  private final BatchResponse responses;

  AnswerJson(LambdaHandler handler) {
    this.handler = handler;
    this.responses = new BatchResponse(handler.toString());
  }

  Answer read(LambdaCall call, byte[] answer) {
    var window = call.window();
    var items = handler.reportsItemFailures() ? items(call, answer) : DONE;
    if (window == null) {
      return Answer.of(items);
    }
    JsonNode root;
    try {
      root = answer.length == 0 ? MissingNode.getInstance() : JSON.readTree(answer);
    } catch (IOException notJson) {
      return Answer.of(STATELESS);
    }
    var state = root.path("state");
    if (!state.isObject()) {
      // What the last call of a window answers is of no use to any other.
      return window.last() ? Answer.of(items) : Answer.of(STATELESS);
    }
    return new Answer(items, state.toString());
  }

  private BatchAnswer items(LambdaCall call, byte[] answer) {
    var numbers = call.records().stream().map(record -> record.position().sequence()).toList();
    return responses.read(answer, numbers);
  }
}
