package io.headrace.local.protocol;

import io.headrace.local.fault.FaultRules;

/**
 * What can be set about a {@link Protocol}.
 *
 * @param admin whether faults can be set over HTTP
 */
public record ProtocolSettings(FaultRules faults, boolean admin) {
  /** No faults, and none to be set over HTTP. */
  public static ProtocolSettings plain() {
    return new ProtocolSettings(new FaultRules(0), false);
  }
}
