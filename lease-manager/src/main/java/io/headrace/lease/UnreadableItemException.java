package io.headrace.lease;

import io.headrace.kcl.LeaseException;

/**
 * An item of the lease table can't be understood: it was edited by hand, is somebody else's, or was
 * written by a newer version. The message names its key and the attribute. The table answers; the
 * item is left as it is, and whatever does not depend on it goes on.
 */
public class UnreadableItemException extends LeaseException {
  private static final long serialVersionUID = 1;

  public UnreadableItemException(String message, Throwable cause) {
    super(message, cause);
  }

  public UnreadableItemException(String message) {
    super(message);
  }
}
