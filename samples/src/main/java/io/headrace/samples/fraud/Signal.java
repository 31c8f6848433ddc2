package io.headrace.samples.fraud;

import java.time.Instant;

/**
 * What happens to a card. Each kind comes on a stream of its own, so that of one card they come in
 * no order; its payments alone keep theirs.
 */
public sealed interface Signal permits Payment, Login, DeviceChange {
  String card();

  Instant at();

  /** Goes into each shard behind the last one. */
  default boolean endsInput() {
    return card().isEmpty();
  }
}
