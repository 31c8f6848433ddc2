package io.headrace.local;

/**
 * When a server with a {@link LocalKinesis.Builder#data folder of data} asks the disk itself to
 * keep what was put. Whatever is chosen, a record is with the operating system before its put is
 * answered, so that it survives the death of this process at any moment, {@code kill -9} included;
 * this is about the machine losing its power, or its operating system.
 *
 * <p>Streams, shards, consumers, tags and whatever else is no record are with the disk before the
 * call that changes them is answered, unless this is {@link #NEVER}.
 */
public enum Fsync {
  /** Never: the operating system writes when it likes, within half a minute as a rule. */
  NEVER,

  /** Every second, the default: a loss of power may take the records of the last second or two. */
  EVERY_SECOND,

  /**
   * Before anything is answered, once for all calls that wait at the time: nothing that was
   * answered is ever lost, and a put takes as long as the disk does. A record can be read a moment
   * before its put is answered.
   */
  ALWAYS
}
