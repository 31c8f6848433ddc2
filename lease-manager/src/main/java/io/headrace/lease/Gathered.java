package io.headrace.lease;

import java.time.Duration;

/**
 * What follows from many things that come at once, worked out once for all of them, a little later.
 * Lives on the coordinator's loop.
 */
final class Gathered {
  private final Desk desk;
  private final Duration wait;
  private final Runnable then;
  private boolean asked;

  /**
   * @param wait for what else comes; zero for what the loop has to do already
   */
  Gathered(Desk desk, Duration wait, Runnable then) {
    this.desk = desk;
    this.wait = wait;
    this.then = then;
  }

  /** Something has come. */
  void ask() {
    if (!asked) {
      asked = true;
      desk.after(
          wait,
          () -> {
            asked = false;
            then.run();
          });
    }
  }

  /** A life begins: what was to come in the one before does not. */
  void begin() {
    asked = false;
  }
}
