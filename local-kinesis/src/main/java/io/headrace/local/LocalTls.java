package io.headrace.local;

import io.headrace.local.transport.IdentityFiles;
import io.headrace.local.transport.ServerIdentity;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How a {@link LocalKinesis} offers TLS: with a certificate that it makes for itself, or with one
 * of the user's. Immutable; given to {@link LocalKinesis.Builder#tls(LocalTls)}.
 */
public final class LocalTls {
  // Names, also with a star in place of their first part, and addresses of both kinds.
  private static final Pattern HOST =
      Pattern.compile("(\\*\\.)?[a-zA-Z0-9._-]{1,250}|[0-9a-fA-F:.]{2,45}");

  private final ServerIdentity identity;

  private LocalTls(ServerIdentity identity) {
    this.identity = identity;
  }

  /**
   * A certificate made now, in some milliseconds, by an authority made for it and forgotten. It is
   * good for 800 days, and for clients that come to localhost, 127.0.0.1, ::1 or one of the other
   * host names and addresses. Clients must be made to trust it: {@link LocalKinesis#certificate}.
   *
   * @throws IllegalArgumentException when one of the hosts is neither a name nor an address
   */
  public static LocalTls generated(String... moreHosts) {
    for (String host : moreHosts) {
      if (!HOST.matcher(host).matches()) {
        throw new IllegalArgumentException(
            "a host must be a name or an address but is '" + host + "'");
      }
    }
    return new LocalTls(
        ServerIdentity.generated(List.of(moreHosts), InstantSource.system().instant()));
  }

  /**
   * The first private key of a PKCS12 file, with its certificates.
   *
   * @throws LocalKinesisException when the file cannot be read, with a message fit to show
   */
  public static LocalTls pkcs12(Path file, String password) {
    return new LocalTls(IdentityFiles.pkcs12(file, password));
  }

  /**
   * A PEM file of certificates, the server's own first, and a PEM file of its key, in the form
   * PKCS8 and without a password.
   *
   * @throws LocalKinesisException when one of the files cannot be read, or the key is not that of
   *     the certificate, with a message fit to show
   */
  public static LocalTls pem(Path certificates, Path key) {
    return new LocalTls(IdentityFiles.pem(certificates, key));
  }

  ServerIdentity identity() {
    return identity;
  }
}
