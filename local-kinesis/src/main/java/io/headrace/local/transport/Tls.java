package io.headrace.local.transport;

import io.headrace.local.LocalKinesisException;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * Makes the TLS end of connections. Both versions of HTTP are offered to clients that ask which;
 * for those that do not ask, the first bytes say which it is. The JDK's context, since Netty's own
 * reads all the certificates that the JVM trusts, though a server asks its clients for none: that
 * was half of the time that a start took. Any thread.
 */
final class Tls {
  private static final long HANDSHAKE_MAX_MILLIS = 10_000;
  // A close must not wait for a client that does not read.
  private static final long GOODBYE_MAX_MILLIS = 200;

  private final SSLContext context;

  Tls(ServerIdentity identity) {
    try {
      context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {new OneKey(identity)}, trustingNobody(), null);
    } catch (GeneralSecurityException e) {
      throw new LocalKinesisException("this JVM cannot offer TLS: " + e.getMessage(), e);
    }
  }

  SslHandler handler() {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    engine.setHandshakeApplicationProtocolSelector((unused, offered) -> chosenOf(offered));
    SslHandler handler = new SslHandler(engine);
    handler.setHandshakeTimeoutMillis(HANDSHAKE_MAX_MILLIS);
    handler.setCloseNotifyFlushTimeoutMillis(GOODBYE_MAX_MILLIS);
    return handler;
  }

  /** None, which is the empty text, when a client offers neither: its bytes may still do. */
  private static String chosenOf(List<String> offered) {
    for (String protocol :
        List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)) {
      if (offered.contains(protocol)) {
        return protocol;
      }
    }
    return "";
  }

  private static TrustManager[] trustingNobody() throws GeneralSecurityException {
    try {
      KeyStore empty = KeyStore.getInstance("PKCS12");
      empty.load(null, null);
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(empty);
      return factory.getTrustManagers();
    } catch (IOException e) {
      throw new IllegalStateException("an empty store needs no reading", e);
    }
  }
}
