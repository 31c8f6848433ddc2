package io.headrace.local.protocol;

import io.headrace.local.fault.FaultRules;
import org.jspecify.annotations.Nullable;

/**
 * What can be set about a {@link Protocol}.
 *
 * @param admin whether faults can be set over HTTP
 * @param signatures verifies who signed a request; null to believe what a request says
 */
public record ProtocolSettings(FaultRules faults, boolean admin, @Nullable Signatures signatures) {
  /** No faults, none to be set over HTTP, and every signature is believed. */
  public static ProtocolSettings plain() {
    return new ProtocolSettings(new FaultRules(0), false, null);
  }
}
