package io.headrace.local.transport;

import io.netty.channel.ChannelHandlerContext;
import java.time.Duration;

/** The bodies of a connection of HTTP/1.1, which come one after another. */
final class Http1Gate extends BodyGate {
  // The gate itself is the one that waits.
  private static final int WAITING_MAX = 1;

  private final Http1Patience patience;

  Http1Gate(Http1Patience patience, long bodiesBytesMax, Duration arrivalMax) {
    super(new Bodies(bodiesBytesMax, WAITING_MAX), arrivalMax);
    this.patience = patience;
  }

  @Override
  void headArrived() {
    patience.headArrived();
  }

  @Override
  void letIn(ChannelHandlerContext here, long bytesMax) {}

  @Override
  void bodyArrived() {
    patience.bodyArrived();
  }

  @Override
  void refuse(ChannelHandlerContext here) {
    var unused = here.close();
  }
}
