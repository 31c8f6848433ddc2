package io.headrace.local;

import io.headrace.local.fault.FaultRule;
import io.headrace.local.fault.FaultRules;
import io.headrace.local.protocol.Protocol;
import java.util.List;

/**
 * What goes wrong in one server, to be changed while it runs: {@link LocalKinesis#faults()}. With
 * the same seed, the same faults and the same requests in the same order, the same goes wrong. Any
 * thread; a request that comes after a call returned meets what the call set.
 */
public final class Faults {
  private final FaultRules rules;

  Faults(FaultRules rules) {
    this.rules = rules;
  }

  /**
   * Adds a fault after the others. Of several that strike one request the first decides; delays add
   * up and come beside it.
   *
   * @throws IllegalArgumentException when the service has no such action, or there are 1,000
   *     faults; the message says which
   */
  public void add(Fault fault) {
    String action = fault.rule().action();
    if (!action.equals(FaultRule.ANY_ACTION) && !Protocol.actionNames().contains(action)) {
      throw new IllegalArgumentException("The service has no action '" + action + "'.");
    }
    rules.add(fault.rule());
  }

  /** Takes the first fault that equals this one away; false when there is none. */
  public boolean remove(Fault fault) {
    return rules.remove(fault.rule());
  }

  /** Takes all faults away. Those added afterwards draw from the seed anew. */
  public void clear() {
    rules.clear();
  }

  /** The faults as they are now, in their order; a copy. */
  public List<Fault> list() {
    return rules.rules().stream().map(Fault::of).toList();
  }

  /** What the draws come from; another one in each server unless the builder or a file sets it. */
  public long seed() {
    return rules.seed();
  }
}
