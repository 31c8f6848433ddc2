package io.headrace.function.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.function.Batch;
import io.headrace.function.BatchFunction;
import io.headrace.function.Event;
import io.headrace.function.EventSourceMapping;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a Lambda handler answers a batch: {@code {"batchItemFailures": [{"itemIdentifier": "…"}]}}
 * names the records that failed, and everything else means what it means to Lambda. Called on the
 * invocation pool.
 *
 * <p>Source of the rules: AWS's documentation of partial batch responses for Kinesis, and answers
 * of AWS that a third party recorded; {@code docs/lambda-conformance.md} lists them.
 */
public final class BatchResponse {
  private static final Logger LOG = LoggerFactory.getLogger(BatchResponse.class);
  private static final String FAILURES = "batchItemFailures";
  private static final String IDENTIFIER = "itemIdentifier";
  private static final int NAME_CHARACTERS_MAX = 64;
  private static final ObjectMapper JSON = new ObjectMapper();

  private BatchResponse() {}

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
      super("the response of the function " + message + "; the whole batch counts as failed");
    }
  }

  /** A batch function of one that answers; what it answers is looked at if the mapping says so. */
  public static <I, O> BatchFunction<I, O> answering(
      EventSourceMapping mapping, Answering<I, O> function) {
    var told = new AtomicBoolean();
    return batch -> {
      var response = function.handle(batch);
      if (mapping.reportsBatchItemFailures()) {
        report(response, batch, mapping.refusesUnknownKeys(), told);
      }
    };
  }

  private static <I> void report(
      @Nullable String response, Batch<I, ?> batch, boolean strict, AtomicBoolean told)
      throws MalformedResponse {
    var answer = parse(response);
    if (!answer.isObject()) {
      return; // Nothing, null, a text, a list: all is done.
    }
    unknownKeys(answer, strict, told);
    var reported = identifiers(answer.path(FAILURES));
    if (reported.isEmpty()) {
      return;
    }
    Map<String, List<Event<I>>> events = new HashMap<>();
    for (var event : batch) {
      events.computeIfAbsent(event.id().sequence(), any -> new ArrayList<>()).add(event);
    }
    for (var identifier : reported) {
      if (!events.containsKey(identifier)) {
        throw new MalformedResponse(
            "names an " + IDENTIFIER + " that is not of this batch: " + shortened(identifier));
      }
    }
    for (var identifier : reported) {
      Objects.requireNonNull(events.get(identifier))
          .forEach(event -> batch.fail(event, new ReportedFailure(identifier)));
    }
  }

  private static JsonNode parse(@Nullable String response) throws MalformedResponse {
    if (response == null || !response.stripLeading().startsWith("{")) {
      return JSON.nullNode(); // As handlers answer that know nothing of partial responses.
    }
    try {
      return JSON.readTree(response);
    } catch (JsonProcessingException broken) {
      var at = broken.getLocation();
      throw new MalformedResponse(
          "is not JSON at line " + at.getLineNr() + ", column " + at.getColumnNr());
    }
  }

  private static List<String> identifiers(JsonNode failures) throws MalformedResponse {
    if (failures.isMissingNode() || failures.isNull()) {
      return List.of();
    }
    if (!failures.isArray()) {
      throw new MalformedResponse("has no list under " + FAILURES);
    }
    var identifiers = new ArrayList<String>();
    for (var failure : failures) {
      var identifier = failure.path(IDENTIFIER);
      if (!identifier.isTextual() || identifier.textValue().isEmpty()) {
        throw new MalformedResponse(
            "has an entry of " + FAILURES + " without a text under " + IDENTIFIER);
      }
      identifiers.add(identifier.textValue());
    }
    return identifiers;
  }

  private static void unknownKeys(JsonNode answer, boolean strict, AtomicBoolean told)
      throws MalformedResponse {
    for (var names = answer.fieldNames(); names.hasNext(); ) {
      var name = names.next();
      if (name.equals(FAILURES)) {
        continue;
      }
      if (strict) {
        throw new MalformedResponse("has a key that means nothing: " + shortened(name));
      }
      if (told.compareAndSet(false, true)) {
        LOG.warn(
            "a response of a function has a key that means nothing, so what stands there is not"
                + " looked at: {}; failed records are named under {}. Not logged again",
            shortened(name),
            FAILURES);
      }
    }
  }

  private static String shortened(String text) {
    return text.length() <= NAME_CHARACTERS_MAX
        ? text
        : text.substring(0, NAME_CHARACTERS_MAX) + "…";
  }
}
