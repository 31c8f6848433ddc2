package io.headrace.function.lambda;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headrace.function.BatchAnswer;
import io.headrace.function.LambdaCall;
import io.headrace.function.LambdaHandler;
import io.headrace.function.LambdaHandlers.Answer;
import io.headrace.function.json.BatchResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Understands what a handler answered, within a window and without: its items as {@link
 * BatchResponse} does, and the window's state. Of one handler; thread-safe.
 */
final class AnswerJson {
  /** A state is handed on as it was answered: numbers keep all of their digits. */
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build()
          .reader()
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private static final BatchAnswer DONE = new BatchAnswer.Done(false);

  private final LambdaHandler handler;
  private final BatchResponse responses;

  AnswerJson(LambdaHandler handler) {
    this.handler = handler;
    this.responses = new BatchResponse(handler.toString());
  }

  Answer read(LambdaCall call, byte[] answer) {
    var items = handler.reportsItemFailures() ? items(call, answer) : DONE;
    return new Answer(items, call.window() == null ? null : state(answer));
  }

  private static @Nullable String state(byte[] answer) {
    JsonNode state;
    try {
      state = JSON.readTree(answer).path("state");
    } catch (IOException notJson) {
      return null;
    }
    return state.isObject() ? state.toString() : null;
  }

  private BatchAnswer items(LambdaCall call, byte[] answer) {
    var numbers = call.records().stream().map(record -> record.position().sequence()).toList();
    return responses.read(answer, numbers);
  }
}
