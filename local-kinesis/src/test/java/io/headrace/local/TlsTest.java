package io.headrace.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.protocol.Wire;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.ProtocolNegotiation;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** TLS on the one port: with clients that trust the server's own certificate and check it. */
@Timeout(180)
class TlsTest {
  private static LocalKinesis kinesis;
  private static TrustManager[] trust;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws GeneralSecurityException, IOException {
    kinesis = LocalKinesis.builder().tls(LocalTls.generated("kinesis.test", "192.0.2.7")).start();
    kinesis.createStream("orders", 1);
    Path store = Files.createTempFile("trust", ".p12");
    kinesis.writeTrustStore(store);
    trust = trusting(store);
    Files.delete(store);
  }

  @AfterAll
  static void close() {
    kinesis.close();
  }

  @Test
  void the_clients_of_the_service_take_prior_knowledge_and_never_ask_for_http2() {
    NettyNioAsyncHttpClient.Builder http = Clients.ownHttp().tlsTrustManagersProvider(() -> trust);

    assertThat(putsAndLists(http)).isTrue();
  }

  @Test
  void a_client_that_asks_for_http2_gets_it() {
    NettyNioAsyncHttpClient.Builder http =
        Clients.ownHttp()
            .protocolNegotiation(ProtocolNegotiation.ALPN)
            .tlsTrustManagersProvider(() -> trust);

    assertThat(putsAndLists(http)).isTrue();
  }

  @Test
  void a_client_of_http1_that_asks_for_nothing_gets_http1() {
    NettyNioAsyncHttpClient.Builder http =
        Clients.ownHttp()
            .protocol(software.amazon.awssdk.http.Protocol.HTTP1_1)
            .tlsTrustManagersProvider(() -> trust);

    assertThat(putsAndLists(http)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void another_client_gets_the_version_that_it_asks_for(HttpClient.Version version)
      throws Exception {
    HttpClient client = HttpClient.newBuilder().version(version).sslContext(context()).build();
    for (String host : List.of("127.0.0.1", "localhost")) {
      URI endpoint = URI.create("https://" + host + ":" + kinesis.endpoint().getPort());
      HttpRequest request =
          Wires.request(endpoint, "ListStreams", Wires.JSON, "{}".getBytes(ISO_8859_1))
              .header("Authorization", Wires.SIGNED)
              .build();

      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.version()).isEqualTo(version);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void a_socket_that_names_no_protocol_speaks_http1_in_both_versions_of_tls(String version)
      throws Exception {
    try (SSLSocket socket = handshaken(version, "kinesis.test")) {
      socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));

      assertThat(new String(socket.getInputStream().readNBytes(12), ISO_8859_1))
          .isEqualTo("HTTP/1.1 403");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "kinesis.test", "192.0.2.7"})
  void the_certificate_names_the_hosts_asked_for(String host) throws Exception {
    handshaken("TLSv1.3", host).close();
  }

  @Test
  void another_host_is_not_vouched_for() {
    assertThatThrownBy(() -> handshaken("TLSv1.3", "example.org"))
        .isInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void the_port_still_speaks_in_clear() {
    URI clear = URI.create("http://127.0.0.1:" + kinesis.endpoint().getPort());

    assertThat(Wires.json(clear, "ListStreams", "{}").status()).isEqualTo(200);
    try (KinesisAsyncClient client =
        Clients.of(clear, Wire.CBOR, software.amazon.awssdk.http.Protocol.HTTP2)) {
      assertThat(client.listStreams().join().streamNames()).containsExactly("orders");
    }
  }

  @Test
  void a_jvm_with_the_trust_store_as_a_property_needs_nothing_else() throws Exception {
    Path store = folder.resolve("trust.p12");
    kinesis.writeTrustStore(store);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djavax.net.ssl.trustStore=" + store,
                "-cp",
                System.getProperty("java.class.path"),
                DefaultClient.class.getName(),
                kinesis.endpoint().toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), ISO_8859_1);

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(said).contains("streams: [orders]");
  }

  @Test
  void what_is_trusted_can_vouch_for_others_and_the_server_cannot() throws Exception {
    try (SSLSocket socket = handshaken("TLSv1.3", "localhost")) {
      var chain = socket.getSession().getPeerCertificates();
      var own = (X509Certificate) chain[0];
      var authority =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(kinesis.certificate().getBytes(ISO_8859_1)));

      own.verify(authority.getPublicKey());
      assertThat(own.getBasicConstraints()).isEqualTo(-1);
      assertThat(own.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
      assertThat(authority.getBasicConstraints()).isZero();
      assertThat(authority.getKeyUsage()[5]).isTrue();
      assertThat(Duration.between(own.getNotBefore().toInstant(), own.getNotAfter().toInstant()))
          .isLessThan(Duration.ofDays(825));
    }
  }

  @Test
  void a_server_without_tls_says_how_to_get_it() {
    try (LocalKinesis clear = LocalKinesis.start()) {
      assertThat(clear.endpoint().getScheme()).isEqualTo("http");
      assertThatThrownBy(clear::certificate).hasMessageContaining("builder().tls()");
      assertThatThrownBy(() -> clear.writeTrustStore(folder.resolve("t")))
          .hasMessageContaining("builder().tls()");
    }
  }

  @Test
  void a_handshake_that_is_none_ends_the_connection() throws IOException {
    byte[] hello = {22, 3, 1, 0, 4, 9, 9, 9, 9};
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), kinesis.endpoint().getPort())) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(hello);
      InputStream in = socket.getInputStream();

      assertThat(in.readAllBytes()).startsWith(21);
    }
  }

  private static boolean putsAndLists(NettyNioAsyncHttpClient.Builder http) {
    try (KinesisAsyncClient client =
        KinesisAsyncClient.builder()
            .endpointOverride(kinesis.endpoint())
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .httpClientBuilder(http)
            .build()) {
      SdkBytes data = SdkBytes.fromByteArray(new byte[500_000]);
      client.putRecord(r -> r.streamName("orders").partitionKey("k").data(data)).join();
      return client.listStreams().join().streamNames().contains("orders");
    }
  }

  private static SSLSocket handshaken(String version, String host) throws Exception {
    SSLSocket socket =
        (SSLSocket)
            context()
                .getSocketFactory()
                .createSocket(
                    new Socket(InetAddress.getLoopbackAddress(), kinesis.endpoint().getPort()),
                    host,
                    kinesis.endpoint().getPort(),
                    true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {version});
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(60_000);
    try {
      socket.startHandshake();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    return socket;
  }

  private static SSLContext context() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust, null);
    return context;
  }

  static TrustManager[] trusting(Path file) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, null);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** A program with the client as it comes. */
  static final class DefaultClient {
    public static void main(String[] arguments) {
      try (KinesisAsyncClient client = Clients.standard(URI.create(arguments[0]))) {
        System.out.println("streams: " + client.listStreams().join().streamNames());
      }
    }
  }
}
