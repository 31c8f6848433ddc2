package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whether the server is well can be asked without a signature, over everything it speaks. */
@Timeout(120)
class HealthTest {
  @TempDir Path folder;
  private LocalKinesis kinesis;
  private SSLContext trust;

  @BeforeEach
  void start() throws GeneralSecurityException, IOException {
    kinesis = LocalKinesis.builder().tls().start();
    kinesis.createStream("orders", 3);
    Path store = folder.resolve("trust.p12");
    kinesis.writeTrustStore(store);
    trust = SSLContext.getInstance("TLS");
    trust.init(null, TlsTest.trusting(store), null);
  }

  @AfterEach
  void close() {
    kinesis.close();
  }

  @Test
  void it_says_how_much_the_server_holds() throws Exception {
    JsonNode before = body(ask(HttpClient.Version.HTTP_1_1, "https", "/_headrace/health"));
    Wires.json(
        URI.create("http://127.0.0.1:" + kinesis.endpoint().getPort()),
        "PutRecord",
        "{\"StreamName\":\"orders\",\"PartitionKey\":\"k\",\"Data\":\"AAAA\"}");
    JsonNode after = body(ask(HttpClient.Version.HTTP_1_1, "https", "/_headrace/health?now"));

    assertThat(before.get("status").asText()).isEqualTo("ok");
    assertThat(before.get("streams").asInt()).isEqualTo(1);
    assertThat(before.get("openShards").asInt()).isEqualTo(3);
    assertThat(before.get("recordBytes").asLong()).isZero();
    assertThat(after.get("recordBytes").asLong())
        .isPositive()
        .isLessThan(after.get("recordBytesMax").asLong());
  }

  @Test
  void it_answers_over_both_versions_of_http_in_clear_and_over_tls() throws Exception {
    for (HttpClient.Version version : HttpClient.Version.values()) {
      for (String scheme : new String[] {"http", "https"}) {
        HttpResponse<String> answer = ask(version, scheme, "/_headrace/health");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
      }
    }
  }

  @Test
  void another_path_is_the_service_as_ever() throws Exception {
    HttpResponse<String> answer = ask(HttpClient.Version.HTTP_1_1, "http", "/_headrace");

    assertThat(answer.statusCode()).isEqualTo(403);
  }

  private HttpResponse<String> ask(HttpClient.Version version, String scheme, String path)
      throws Exception {
    URI uri = URI.create(scheme + "://127.0.0.1:" + kinesis.endpoint().getPort() + path);
    return HttpClient.newBuilder()
        .version(version)
        .sslContext(trust)
        .build()
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  private static JsonNode body(HttpResponse<String> answer) throws IOException {
    return Wires.JSON_MAPPER.readTree(answer.body());
  }
}
