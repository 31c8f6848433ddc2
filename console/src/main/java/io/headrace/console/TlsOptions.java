package io.headrace.console;

import io.headrace.local.LocalKinesis;
import io.headrace.local.LocalTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether and with what certificate the local Kinesis offers TLS, and where its trust goes. */
final class TlsOptions {
  private static final String PASSWORD = "HEADRACE_TLS_PASSWORD";

  @Option(
      names = "--tls",
      description = "Offers TLS too, on the same port, with a certificate made for it.")
  private boolean tls;

  @Option(
      names = "--tls-host",
      paramLabel = "HOST",
      description =
          "Another name or address that the certificate is for, beside localhost, 127.0.0.1 and"
              + " ::1; may be given several times.")
  private List<String> hosts = new ArrayList<>();

  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE",
      description = "Where to write what clients must trust, as PEM (default: a temporary file).")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-trust-store",
      paramLabel = "FILE",
      description =
          "Where to write the same for Java, as PKCS12 with the password changeit (default: a"
              + " temporary file).")
  private @Nullable Path trustStore;

  @Option(
      names = "--tls-own-pkcs12",
      paramLabel = "FILE",
      description = "A certificate of yours with its key; its password in " + PASSWORD + ".")
  private @Nullable Path ownPkcs12;

  @Option(
      names = "--tls-own-pem",
      paramLabel = "FILE",
      description = "A certificate of yours as PEM, with those that vouch for it after it.")
  private @Nullable Path ownPem;

  @Option(
      names = "--tls-own-key",
      paramLabel = "FILE",
      description = "The key for --tls-own-pem, as PEM without a password.")
  private @Nullable Path ownKey;

  /** What to start the server with, or null when no option asks for TLS. */
  @Nullable LocalTls wanted() {
    if ((ownPem == null) != (ownKey == null)) {
      throw new Complaint("--tls-own-pem and --tls-own-key: the one needs the other");
    }
    if (ownPkcs12 != null && ownPem != null) {
      throw new Complaint("--tls-own-pkcs12 and --tls-own-pem: there can be only one of the two");
    }
    if (!hosts.isEmpty() && (ownPkcs12 != null || ownPem != null)) {
      throw new Complaint("--tls-host: a certificate of yours says itself which hosts it is for");
    }
    if (ownPkcs12 != null) {
      var password = System.getenv(PASSWORD);
      return LocalTls.pkcs12(ownPkcs12, password == null ? "" : password);
    }
    if (ownPem != null && ownKey != null) {
      return LocalTls.pem(ownPem, ownKey);
    }
    if (!tls && hosts.isEmpty() && certificate == null && trustStore == null) {
      return null;
    }
    try {
      return LocalTls.generated(hosts.toArray(String[]::new));
    } catch (IllegalArgumentException e) {
      throw new Complaint("--tls-host: " + e.getMessage(), e);
    }
  }

  /** Writes what clients of the server must trust; files nobody named go when they are closed. */
  TrustFiles write(LocalKinesis kinesis) {
    try {
      var folder =
          certificate == null || trustStore == null
              ? Files.createTempDirectory("headrace-local-")
              : null;
      var pem = certificate != null ? certificate : temporary(folder, "headrace.pem");
      var store = trustStore != null ? trustStore : temporary(folder, "headrace.p12");
      var files = new TrustFiles(pem.toAbsolutePath(), store.toAbsolutePath(), folder);
      try {
        Files.writeString(pem, kinesis.certificate());
        kinesis.writeTrustStore(store);
      } catch (IOException | RuntimeException e) {
        files.close();
        throw e;
      }
      return files;
    } catch (IOException e) {
      throw new Complaint(
          (certificate != null ? "--tls-certificate " + certificate : "the temporary folder")
              + ": cannot be written, choose another place ("
              + e
              + ")",
          e);
    }
  }

  private static Path temporary(@Nullable Path folder, String name) {
    if (folder == null) {
      throw new IllegalStateException("no folder for " + name);
    }
    return folder.resolve(name);
  }

  /** What clients must trust, in files; {@code folder} is ours and goes with this. */
  record TrustFiles(Path certificate, Path trustStore, @Nullable Path folder)
      implements AutoCloseable {
    @Override
    public void close() {
      if (folder == null) {
        return;
      }
      try {
        for (var file : List.of(certificate, trustStore)) {
          if (folder.toAbsolutePath().equals(file.getParent())) {
            Files.deleteIfExists(file);
          }
        }
        Files.deleteIfExists(folder);
      } catch (IOException e) {
        // A file that stays in the temporary folder harms nobody.
      }
    }
  }
}
