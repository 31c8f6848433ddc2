package io.headrace.lease;

import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Tenure;

/** A lease of this worker: it holds while the worker's heartbeat does, until it is given up. */
final class HeldTenure implements Tenure {
  private final LeaseToken token;
  private final Heart heart;
  private volatile boolean over;

  HeldTenure(LeaseToken token, Heart heart) {
    this.token = token;
    this.heart = heart;
  }

  @Override
  public LeaseToken token() {
    return token;
  }

  @Override
  public boolean validAt(long ticks) {
    return !over && heart.validAt(ticks);
  }

  void end() {
    over = true;
  }
}
