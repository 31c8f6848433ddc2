package io.headrace.local.transport;

import io.headrace.local.LocalKinesisException;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;

/**
 * Makes the TLS end of connections. Both versions of HTTP are offered to clients that ask which;
 * for those that do not ask, the first bytes say which it is. Any thread.
 */
final class Tls {
  private static final long HANDSHAKE_MAX_MILLIS = 10_000;
  // A close must not wait for a client that does not read.
  private static final long GOODBYE_MAX_MILLIS = 200;

  private final SslContext context;

  Tls(ServerIdentity identity) {
    try {
      this.context =
          SslContextBuilder.forServer(
                  identity.key(), identity.chain().toArray(X509Certificate[]::new))
              .sslProvider(SslProvider.JDK)
              .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
              .applicationProtocolConfig(
                  new ApplicationProtocolConfig(
                      Protocol.ALPN,
                      SelectorFailureBehavior.NO_ADVERTISE,
                      SelectedListenerFailureBehavior.ACCEPT,
                      ApplicationProtocolNames.HTTP_2,
                      ApplicationProtocolNames.HTTP_1_1))
              .build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new LocalKinesisException(
          "TLS cannot be offered with this certificate: " + e.getMessage(), e);
    }
  }

  SslHandler handler(Channel channel) {
    SslHandler handler = context.newHandler(channel.alloc());
    handler.setHandshakeTimeoutMillis(HANDSHAKE_MAX_MILLIS);
    handler.setCloseNotifyFlushTimeoutMillis(GOODBYE_MAX_MILLIS);
    return handler;
  }
}
