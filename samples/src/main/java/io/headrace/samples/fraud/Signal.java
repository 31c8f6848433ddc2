package io.headrace.samples.fraud;

import java.time.Instant;

/**
 * What happens to a card. Each kind comes on a stream of its own, so that of one card they come in
 * no order; its payments alone keep theirs.
 */
public sealed interface Signal permits Payment, Login, DeviceChange {
  String card();

  Instant at();

  /** Of no card: what follows the last one in each shard, so that event time goes on. */
  String NO_CARD = "end-of-input";

  /** Later than whatever may be waited for. */
  Instant END_OF_TIME = Instant.parse("2100-01-01T00:00:00Z");
}
