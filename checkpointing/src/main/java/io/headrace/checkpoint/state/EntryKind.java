package io.headrace.checkpoint.state;

/**
 * What kind of thing is kept under a key. All kinds share one space, one snapshot and one commit.
 */
public enum EntryKind {
  /** The state of a key; no suffix. */
  STATE(1, false),

  /** What a window has summed; the suffix is its span. */
  WINDOW(2, false),

  /** That a window is open, so that it is found again; the suffix is its span, no value. */
  OPEN_WINDOW(3, true),

  /** A timer; the suffix is its clock and name. */
  TIMER(4, true),

  /** Ids of producers that were seen, or the last position of a source. */
  SEEN(5, false),

  /**
   * The outputs of one call, which are not known to be sent; the suffix is a number that counts up.
   */
  OUTBOX(6, true);

  private final int code;
  private final boolean resident;

  EntryKind(int code, boolean resident) {
    this.code = code;
    this.resident = resident;
  }

  /**
   * Whether all entries of this kind are in memory from the first record on, and can be listed at
   * once; the others are read when they are asked for.
   */
  public boolean isResident() {
    return resident;
  }

  /** As it is stored; never used for another kind. */
  int code() {
    return code;
  }

  /**
   * The kind of a stored code.
   *
   * @throws IllegalArgumentException when this version knows no such kind
   */
  static EntryKind of(int code) {
    for (var kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "entries of kind " + code + " are not known to this version; run the newer one");
  }
}
