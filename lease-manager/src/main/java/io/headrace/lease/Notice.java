package io.headrace.lease;

/**
 * Tells a fleet that its operator has given orders. It lies beside the heartbeats, which every
 * worker reads several times in a lease time, so it costs no request; what the orders are is kept
 * elsewhere and read by those who have not seen the number.
 *
 * @param orders the number of the latest, at least 1
 */
public record Notice(long orders) implements LeaseItem {
  /** No worker id holds a {@code !}. */
  static final String SORT = "!orders";

  public Notice {
    if (orders < 1) {
      throw new IllegalArgumentException("notice of order " + orders + ": must be at least 1");
    }
  }

  @Override
  public String partition(String application) {
    return application + "!W";
  }

  @Override
  public String sort() {
    return SORT;
  }
}
