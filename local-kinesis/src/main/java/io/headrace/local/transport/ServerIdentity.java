package io.headrace.local.transport;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a server shows to its clients over TLS, and what these must trust for it. Immutable.
 *
 * @param chain the server's own certificate, then those that vouch for it
 * @param trusted what a client that trusts nothing else must trust
 */
public record ServerIdentity(
    PrivateKey key, List<X509Certificate> chain, List<X509Certificate> trusted) {
  private static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1", "::1");
  private static final Base64.Encoder LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  public ServerIdentity {
    chain = List.copyOf(chain);
    trusted = List.copyOf(trusted);
  }

  /** Makes one for the loopback address and the other names and addresses. */
  public static ServerIdentity generated(List<String> moreHosts, Instant now) {
    Set<String> hosts = new LinkedHashSet<>(LOOPBACK);
    hosts.addAll(moreHosts);
    try {
      return CertificateMaker.identity(List.copyOf(hosts), now);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM cannot make a certificate", e);
    }
  }

  /** The trusted certificates as PEM. */
  public String pem() {
    StringBuilder pem = new StringBuilder();
    try {
      for (X509Certificate certificate : trusted) {
        pem.append("-----BEGIN CERTIFICATE-----\n")
            .append(LINES.encodeToString(certificate.getEncoded()))
            .append("\n-----END CERTIFICATE-----\n");
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate has no encoding", e);
    }
    return pem.toString();
  }

  /** The trusted certificates as a PKCS12 store, which opens with "changeit" or no password. */
  public byte[] trustStore() {
    try {
      return TrustStore.of(trusted);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM cannot write a trust store", e);
    }
  }
}
