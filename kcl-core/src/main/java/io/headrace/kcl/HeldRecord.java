package io.headrace.kcl;

/**
 * A record that was fetched and is not settled by all functions of its reader: what the byte budget
 * is held for. Belongs to the worker loop.
 */
final class HeldRecord {
  private final StreamRecord record;
  private final ByteBudget.Account account;

  /** Kept, since to ask the record again is to fetch it from memory again. */
  private final int bytes;

  private int owners;

  /**
   * Holds a record.
   *
   * @param owners how many functions will release it
   */
  HeldRecord(StreamRecord record, ByteBudget.Account account, int owners) {
    this.record = record;
    this.account = account;
    this.bytes = record.budgetBytes();
    this.owners = owners;
  }

  StreamRecord record() {
    return record;
  }

  Position position() {
    return record.position();
  }

  /** One function is finished with it. */
  void release() {
    if (owners == 0) {
      throw new IllegalStateException("record " + record.position() + " is released twice");
    }
    owners--;
    if (owners == 0) {
      account.release(bytes);
    }
  }

  @Override
  public String toString() {
    return record.toString();
  }
}
