package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamException;

/**
 * Why one record was not, or not surely, stored. The message names the stream and what to do, never
 * a payload; the cause is what the service said last, where it said something.
 */
public final class PutException extends StreamException {
  private static final long serialVersionUID = 1;

  /** What ended the record. */
  public enum Reason {
    /** The producer holds as many bytes as it may: put it again once there is room. */
    FULL,
    /** The producer is closed, or its time to close ran out. */
    CLOSED,
    /** It was not stored within its time to live. */
    EXPIRED,
    /** The service refused it for good; {@link StreamException#kind} says in what respect. */
    REFUSED,
    /**
     * An earlier record of its key failed: it would have overtaken that one. Never {@link
     * StreamException.Kind#INVALID}, as it was not sent.
     */
    BEHIND_FAILED
  }

  private final Reason reason;
  private final boolean mayBeStored;

  PutException(Reason reason, StreamException cause, boolean mayBeStored) {
    super(cause.kind(), String.valueOf(cause.getMessage()), causeOf(cause));
    this.reason = reason;
    this.mayBeStored = mayBeStored;
  }

  private static Throwable causeOf(StreamException wrapped) {
    Throwable cause = wrapped.getCause();
    return cause == null ? wrapped : cause;
  }

  /** What ended the record. */
  public Reason reason() {
    return reason;
  }

  /**
   * Whether the record may lie in the stream all the same, or come to lie there yet: a call that
   * carried it was never answered, or with an error of the service, or not as it must be; or an
   * aggregate took a copy of it into another shard than its own. False means that it is surely not
   * there.
   */
  public boolean mayBeStored() {
    return mayBeStored;
  }

  /** Made on the producer's loop, whose stack says nothing, and perhaps for thousands at once. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
