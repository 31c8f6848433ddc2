package io.headrace.local.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.local.Fault;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs one case in one combination and tells every difference from what it expects. */
final class CaseRun {
  private static final String TARGET = "Kinesis_20131202.";
  private static final String EVENT_STREAM = "application/vnd.amazon.eventstream";
  private static final String REQUEST_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

  private final Case tested;
  private final Encoding encoding;
  private final Server server;
  private final Scope scope;
  private final List<String> differences = new ArrayList<>();
  private final List<Call> open = new ArrayList<>();

  CaseRun(Case tested, Encoding encoding, Server server) {
    this.tested = tested;
    this.encoding = encoding;
    this.server = server;
    this.scope = server.newScope();
  }

  List<String> differences() {
    try {
      tested.steps("given").forEach(step -> step("given", step));
      if (differences.isEmpty()) {
        tested();
      }
      if (differences.isEmpty()) {
        tested.steps("then").forEach(step -> step("then", step));
      }
      return differences;
    } finally {
      open.forEach(Call::cancel);
    }
  }

  // A fault that a case asks for strikes its own request and no other.
  private void tested() {
    JsonNode code = tested.node().path("fault");
    if (code.isMissingNode()) {
      call("", tested.action(), tested.node());
      return;
    }
    Fault fault = Fault.error(code.textValue()).on(tested.action());
    server.faults().add(fault);
    try {
      call("", tested.action(), tested.node());
    } finally {
      server.faults().remove(fault);
    }
  }

  private void step(String part, JsonNode step) {
    if (step.has("times")) {
      for (int i = 0; i < step.path("times").intValue(); i++) {
        scope.keep("n", Integer.toString(i));
        step.path("do").forEach(each -> step(part, each));
      }
    } else if (step.has("advance")) {
      server.clock().advance(Duration.parse(step.path("advance").textValue()));
    } else if (step.has("keep")) {
      step.path("keep")
          .properties()
          .forEach(each -> scope.keep(each.getKey(), scope.time(each.getValue().textValue())));
    } else if (step.has("stream")) {
      createStream(part, step);
    } else {
      call(part, step.path("action").textValue(), step);
    }
  }

  private void createStream(String part, JsonNode step) {
    ObjectNode create = JsonNodeFactory.instance.objectNode();
    ObjectNode request = create.putObject("request");
    request.set("StreamName", step.path("stream"));
    if (step.has("mode")) {
      request.putObject("StreamModeDetails").set("StreamMode", step.path("mode"));
    } else {
      request.put("ShardCount", step.path("shards").asInt(1));
    }
    if (step.has("as")) {
      create.set("as", step.path("as"));
    }
    call(part, "CreateStream", create);
    server.clock().advance(Server.STATE_CHANGE_TAKES);
  }

  private void call(String part, String action, JsonNode step) {
    String where = part.isEmpty() ? "" : part + " " + action + ": ";
    try {
      if (step.path("expect").has("events")) {
        subscribe(where, action, step);
        return;
      }
      Answer answer = server.connection().exchange(request(action, step));
      new Verdict(encoding, scope, where, differences).check(step.path("expect"), answer);
      headers(where, step, answer);
    } catch (IOException e) {
      differences.add(where + "the answer cannot be read: " + e.getMessage());
    }
  }

  // What a subscription brings, in its order; between events the case may do something else.
  private void subscribe(String where, String action, JsonNode step) throws IOException {
    Call call = server.connection().open(request(action, step));
    open.add(call);
    Answer head = call.head();
    if (head.status() != 200 || !EVENT_STREAM.equals(head.header("content-type"))) {
      String body = new String(call.whole().body(), StandardCharsets.UTF_8);
      differences.add(where + "no event stream but " + head.status() + " " + body);
      return;
    }
    EventStream events = new EventStream(call);
    for (JsonNode expected : step.path("expect").path("events")) {
      if (!differences.isEmpty()) {
        return;
      }
      if (expected.has("do")) {
        expected.path("do").forEach(each -> step(where, each));
      } else if (expected.has("end")) {
        if (afterSignsOfLife(events, expected) != null) {
          differences.add(where + "the stream should have ended");
        }
      } else {
        event(where, expected, afterSignsOfLife(events, expected));
      }
    }
  }

  // When time has moved, an event without records may come first, or not: only a case that expects
  // one has it.
  private static EventStream.@Nullable Frame afterSignsOfLife(EventStream events, JsonNode expected)
      throws IOException {
    JsonNode body = expected.path("body");
    boolean wanted = body.path("Records").isEmpty() && body.has("ContinuationSequenceNumber");
    EventStream.Frame frame = events.next();
    while (frame != null && !wanted && isSignOfLife(frame)) {
      frame = events.next();
    }
    return frame;
  }

  private static boolean isSignOfLife(EventStream.Frame frame) throws IOException {
    return frame.type().equals("SubscribeToShardEvent")
        && Encoding.JSON.read(frame.payload()) instanceof Map<?, ?> event
        && List.of().equals(event.get("Records"))
        && event.containsKey("ContinuationSequenceNumber");
  }

  private void event(String where, JsonNode expected, EventStream.@Nullable Frame frame)
      throws IOException {
    String type = expected.path("type").textValue();
    if (frame == null || !frame.type().equals(type)) {
      differences.add(where + type + " should have come and not " + frame);
      return;
    }
    boolean exception = frame.headers().containsKey(":exception-type");
    if (!String.valueOf(frame.headers().get(":message-type"))
        .equals(exception ? "exception" : "event")) {
      differences.add(where + ":message-type is wrong in " + frame.headers());
    }
    Comparison comparison = new Comparison(Encoding.JSON, scope);
    comparison.compare("", expected.path("body"), Encoding.JSON.read(frame.payload()));
    comparison.differences().forEach(each -> differences.add(where + type + each));
  }

  private void headers(String where, JsonNode step, Answer answer) {
    if (step.path("expect").has("xml")) {
      return;
    }
    if (!String.valueOf(answer.header("x-amzn-requestid")).matches(REQUEST_ID)) {
      differences.add(where + "x-amzn-RequestId is " + answer.header("x-amzn-requestid"));
    }
    if (answer.header("x-amz-id-2") == null) {
      differences.add(where + "x-amz-id-2 is missing");
    }
    if (!encoding.contentType().equals(answer.header("content-type"))) {
      differences.add(where + "content-type is " + answer.header("content-type"));
    }
    String length = answer.header("content-length");
    if (length != null && Integer.parseInt(length) != answer.body().length) {
      differences.add(where + "content-length is " + length);
    }
  }

  private FullHttpRequest request(String action, JsonNode step) {
    byte[] body = body(step);
    FullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.POST, "/", Unpooled.wrappedBuffer(body));
    String account = step.path("as").path("account").asText(scope.account());
    String region = step.path("as").path("region").asText(scope.region());
    request
        .headers()
        .set("host", "localhost")
        .set("content-length", body.length)
        .set("content-type", encoding.contentType())
        .set("x-amz-target", TARGET + action)
        .set("x-amz-date", "20260122T000000Z")
        .set(
            "authorization",
            "AWS4-HMAC-SHA256 Credential="
                + account
                + "/20260122/"
                + region
                + "/kinesis/aws4_request, SignedHeaders=host, Signature=00");
    step.path("headers")
        .properties()
        .forEach(
            each -> {
              if (each.getValue().isNull()) {
                request.headers().remove(each.getKey());
              } else {
                request.headers().set(each.getKey(), each.getValue().textValue());
              }
            });
    return request;
  }

  private byte[] body(JsonNode step) {
    if (step.has("raw")) {
      return scope.text(step.path("raw").textValue()).getBytes(StandardCharsets.ISO_8859_1);
    }
    Object value = step.has("request") ? scope.value(step.path("request")) : Map.of();
    return encoding.write(value);
  }
}
