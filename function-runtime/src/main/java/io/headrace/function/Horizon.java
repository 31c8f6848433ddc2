package io.headrace.function;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.StreamRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Up to where records of a shard may have been carried on. It is committed before the first of them
 * is: who goes on from a commit sends what lies before record by record, so that none is ever in a
 * sum with others than before. Immutable.
 *
 * @param token of the run that committed it
 * @param through up to this position; null for none
 * @param arrivedUntil all that arrived up to then
 * @param othersReached what {@code Carrying} knows by that name
 * @param silent whether the shard was silent
 */
record Horizon(
    long token,
    @Nullable Position through,
    Instant arrivedUntil,
    Instant othersReached,
    boolean silent) {
  /** Of a shard in which no run has committed anything. */
  static final Horizon NONE = new Horizon(0, null, Instant.MIN, Instant.MIN, false);

  private static final int VERSION = 1;

  /** Whether the record may have been carried on. */
  boolean covers(StreamRecord record) {
    return (through != null && record.position().compareTo(through) <= 0)
        || !record.arrivedAt().isAfter(arrivedUntil);
  }

  /** What covers all that either of them does. */
  Horizon with(Horizon other) {
    return new Horizon(
        Math.max(token, other.token),
        later(through, other.through),
        WindowClock.later(arrivedUntil, other.arrivedUntil),
        WindowClock.later(othersReached, other.othersReached),
        silent || other.silent);
  }

  /**
   * As of a run with this token. One between it and the run that committed this has committed
   * nothing, or knows nothing of horizons: how far it came is not known.
   *
   * @param until when all that it can have seen had arrived
   */
  Horizon asOf(long run, Instant until) {
    return run - token <= 1 ? this : with(new Horizon(token, null, until, Instant.MIN, false));
  }

  static @Nullable Position later(@Nullable Position one, @Nullable Position other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.compareTo(other) > 0 ? one : other;
  }

  CommitParts parts() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeLong(token);
      out.writeUTF(through == null ? "" : through.toString());
      write(out, arrivedUntil);
      write(out, othersReached);
      out.writeBoolean(silent);
    } catch (IOException impossible) {
      throw new AssertionError("memory takes all bytes", impossible);
    }
    return CommitParts.of(CommitParts.HORIZON, bytes.toByteArray());
  }

  /**
   * What a commit has; empty where a function without partial sums stored it.
   *
   * @param place how errors name it
   * @throws CheckpointException when it is damaged, or of a newer version
   */
  static Optional<Horizon> in(CommitParts parts, String place) {
    byte[] bytes = parts.parts().get(CommitParts.HORIZON);
    if (bytes == null) {
      return Optional.empty();
    }
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int version = in.readUnsignedByte();
      if (version > VERSION) {
        throw new CheckpointException(
            place
                + ": the commit's horizon has version "
                + version
                + ", this reads up to "
                + VERSION
                + "; run the newer version");
      }
      long token = in.readLong();
      var through = in.readUTF();
      return Optional.of(
          new Horizon(
              token,
              through.isEmpty() ? null : Position.parse(through),
              instant(in),
              instant(in),
              in.readBoolean()));
    } catch (IOException | IllegalArgumentException | DateTimeException damaged) {
      throw new CheckpointException(place + ": the commit's horizon is damaged", damaged);
    }
  }

  private static void write(DataOutputStream out, Instant time) throws IOException {
    out.writeLong(time.getEpochSecond());
    out.writeInt(time.getNano());
  }

  private static Instant instant(DataInputStream in) throws IOException {
    return Instant.ofEpochSecond(in.readLong(), in.readInt());
  }
}
