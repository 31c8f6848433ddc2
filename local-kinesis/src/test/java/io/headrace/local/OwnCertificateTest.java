package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.transport.ServerIdentity;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS with certificates of the user's; what is wrong with the files is said in one sentence. */
class OwnCertificateTest {
  private static final ServerIdentity MADE = identity();

  @TempDir Path folder;
  private Path certificates;
  private Path key;
  private Path pkcs12;

  @BeforeEach
  void write() throws Exception {
    certificates = folder.resolve("server.pem");
    key = folder.resolve("server.key");
    pkcs12 = folder.resolve("server.p12");
    Files.writeString(
        certificates, new ServerIdentity(MADE.key(), MADE.chain(), MADE.chain()).pem());
    Files.writeString(key, pem("PRIVATE KEY", MADE.key().getEncoded()));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "server", MADE.key(), "secret".toCharArray(), MADE.chain().toArray(Certificate[]::new));
    try (OutputStream out = Files.newOutputStream(pkcs12)) {
      store.store(out, "secret".toCharArray());
    }
  }

  @Test
  void a_pkcs12_file_or_two_pem_files_serve_clients_that_trust_them() throws Exception {
    for (LocalTls tls :
        List.of(LocalTls.pem(certificates, key), LocalTls.pkcs12(pkcs12, "secret"))) {
      try (LocalKinesis kinesis = LocalKinesis.builder().tls(tls).start()) {
        Path trust = folder.resolve("trust.p12");
        kinesis.writeTrustStore(trust);
        var context = javax.net.ssl.SSLContext.getInstance("TLS");
        context.init(null, TlsTest.trusting(trust), null);
        try (var socket =
            (javax.net.ssl.SSLSocket)
                context
                    .getSocketFactory()
                    .createSocket("127.0.0.1", kinesis.endpoint().getPort())) {
          socket.setSoTimeout(60_000);
          socket.startHandshake();

          assertThat(socket.getSession().getPeerCertificates()[0]).isEqualTo(MADE.chain().get(0));
        }
      }
    }
  }

  @Test
  void a_file_that_is_not_there_is_named() {
    Path absent = folder.resolve("absent");

    refused(() -> LocalTls.pem(absent, key), absent, "is not there");
    refused(() -> LocalTls.pem(certificates, absent), absent, "is not there");
    refused(() -> LocalTls.pkcs12(absent, "x"), absent, "is not there");
    refused(() -> LocalTls.pem(folder, key), folder, "cannot be read");
  }

  @Test
  void a_file_of_another_kind_is_named() throws IOException {
    Path other = Files.writeString(folder.resolve("other"), "nothing of the kind");

    refused(() -> LocalTls.pem(other, key), other, "BEGIN CERTIFICATE");
    refused(() -> LocalTls.pem(certificates, other), other, "BEGIN PRIVATE KEY");
    refused(() -> LocalTls.pkcs12(other, "x"), other, "PKCS12");
    refused(() -> LocalTls.pkcs12(pkcs12, "wrong"), pkcs12, "password");
  }

  @Test
  void a_damaged_file_is_named() throws IOException {
    Path damaged =
        Files.writeString(folder.resolve("damaged"), pem("CERTIFICATE", new byte[] {1, 2}));
    Path damagedKey =
        Files.writeString(folder.resolve("damaged.key"), pem("PRIVATE KEY", new byte[] {1, 2}));

    refused(() -> LocalTls.pem(damaged, key), damaged, "certificate 1");
    refused(() -> LocalTls.pem(certificates, damagedKey), damagedKey, "damaged");
  }

  @Test
  void a_key_in_another_form_is_refused_with_the_command_that_mends_it() throws IOException {
    Path old = Files.writeString(folder.resolve("old.key"), pem("RSA PRIVATE KEY", new byte[] {1}));

    refused(() -> LocalTls.pem(certificates, old), old, "openssl pkcs8 -topk8");
  }

  @Test
  void a_key_of_another_certificate_is_refused() throws IOException {
    Path other =
        Files.writeString(
            folder.resolve("other.key"), pem("PRIVATE KEY", identity().key().getEncoded()));

    refused(() -> LocalTls.pem(certificates, other), other, "is not that of the certificate");
  }

  @Test
  void a_store_without_a_key_is_refused() throws IOException {
    Path trust = Files.write(folder.resolve("trust.p12"), MADE.trustStore());

    refused(() -> LocalTls.pkcs12(trust, "changeit"), trust, "no private key");
  }

  @Test
  void the_trust_store_opens_with_the_usual_password_and_with_none_and_with_no_other()
      throws Exception {
    for (char[] password : new char[][] {"changeit".toCharArray(), null}) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(MADE.trustStore()), password);

      assertThat(store.size()).isEqualTo(1);
      assertThat(store.getCertificate("headrace-0")).isEqualTo(MADE.trusted().get(0));
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    assertThatThrownBy(
            () -> store.load(new ByteArrayInputStream(MADE.trustStore()), "another".toCharArray()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void a_host_that_is_none_is_refused() {
    assertThatThrownBy(() -> LocalTls.generated("two words"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two words");
  }

  private static AbstractThrowableAssert<?, ?> refused(
      ThrowingCallable reading, Path file, String words) {
    return assertThatThrownBy(reading)
        .isInstanceOf(LocalKinesisException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(words)
        .hasMessageNotContaining("Exception");
  }

  private static ServerIdentity identity() {
    return ServerIdentity.generated(List.of(), Instant.now());
  }

  private static String pem(String kind, byte[] bytes) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder().encodeToString(bytes)
        + "\n-----END "
        + kind
        + "-----\n";
  }
}
