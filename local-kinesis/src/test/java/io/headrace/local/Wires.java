package io.headrace.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** Requests by hand, for what no client of the service would ever send. */
final class Wires {
  static final String JSON = "application/x-amz-json-1.1";
  static final String CBOR = "application/x-amz-cbor-1.1";
  static final ObjectMapper JSON_MAPPER = new ObjectMapper();
  static final ObjectMapper CBOR_MAPPER = new ObjectMapper(new CBORFactory());
  static final String SIGNED =
      "AWS4-HMAC-SHA256 Credential=test/20260122/us-east-1/kinesis/aws4_request,"
          + " SignedHeaders=host, Signature=00";

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Wires() {}

  record Answer(HttpResponse<byte[]> http) {
    int status() {
      return http.statusCode();
    }

    String header(String name) {
      return http.headers().firstValue(name).orElse(null);
    }

    JsonNode body() {
      try {
        return (CBOR.equals(header("content-type")) ? CBOR_MAPPER : JSON_MAPPER)
            .readTree(http.body());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String type() {
      return body().path("__type").asText();
    }

    String message() {
      return body().path("message").asText(null);
    }
  }

  static Answer json(URI endpoint, String action, String body) {
    return send(endpoint, action, JSON, body.getBytes(StandardCharsets.UTF_8));
  }

  /** Waits until a request is answered well: an impatient server may cut off a slow one. */
  static void awaitService(URI endpoint) {
    Eventually.holds(() -> isServed(endpoint), Duration.ofSeconds(60), () -> "an answer");
  }

  private static boolean isServed(URI endpoint) {
    try {
      return json(endpoint, "ListStreams", "{}").status() == 200;
    } catch (UncheckedIOException cutOff) {
      return false;
    }
  }

  static Answer cbor(URI endpoint, String action, Map<String, ?> body) {
    try {
      return send(endpoint, action, CBOR, CBOR_MAPPER.writeValueAsBytes(body));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Answer send(URI endpoint, String action, String contentType, byte[] body) {
    return send(request(endpoint, action, contentType, body).header("Authorization", SIGNED));
  }

  static HttpRequest.Builder request(URI endpoint, String action, String contentType, byte[] body) {
    return HttpRequest.newBuilder(endpoint)
        .timeout(Duration.ofSeconds(60))
        .header("X-Amz-Target", "Kinesis_20131202." + action)
        .header("X-Amz-Date", "20260122T000000Z")
        .header("Content-Type", contentType)
        .POST(BodyPublishers.ofByteArray(body));
  }

  static Answer send(HttpRequest.Builder request) {
    try {
      return new Answer(CLIENT.send(request.build(), BodyHandlers.ofByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
