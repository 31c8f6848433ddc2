package io.headrace.local.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/** Runs one case in one combination and tells every difference from what it expects. */
final class CaseRun {
  private static final String TARGET = "Kinesis_20131202.";
  private static final String REQUEST_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

  private final Case tested;
  private final Encoding encoding;
  private final Server server;
  private final Scope scope;
  private final List<String> differences = new ArrayList<>();

  CaseRun(Case tested, Encoding encoding, Server server) {
    this.tested = tested;
    this.encoding = encoding;
    this.server = server;
    this.scope = server.newScope();
  }

  List<String> differences() {
    tested.steps("given").forEach(step -> step("given", step));
    if (differences.isEmpty()) {
      call("", tested.action(), tested.node());
    }
    if (differences.isEmpty()) {
      tested.steps("then").forEach(step -> step("then", step));
    }
    return differences;
  }

  private void step(String part, JsonNode step) {
    if (step.has("advance")) {
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
      Answer answer = server.connection().exchange(request(action, step));
      new Verdict(encoding, scope, where, differences).check(step.path("expect"), answer);
      headers(where, step, answer);
    } catch (IOException e) {
      differences.add(where + "the answer cannot be read: " + e.getMessage());
    }
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
