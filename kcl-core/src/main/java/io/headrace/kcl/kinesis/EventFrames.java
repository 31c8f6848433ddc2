package io.headrace.kcl.kinesis;

import io.headrace.kcl.kinesis.RecordForm.Unknown;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Cuts the body of a subscription, which comes in pieces, into its messages, and tells what each
 * says. Behind an end nothing is told any more: be it a message with a failure, or bytes that are
 * no sound message.
 *
 * <p>A message: its length, the length of its headers and a check of these two, the headers, the
 * payload, and a check of all before. Confined to one subscription.
 *
 * @see <a href="https://smithy.io/2.0/aws/amazon-eventstream.html">Amazon Event Stream
 *     Specification</a>
 */
final class EventFrames {
  /** Hears what the messages say, in their order. */
  interface Messages {
    /** The service has accepted the subscription. */
    void opened();

    void came(EventBody event);

    /** It is over: with a failure of the service, or with {@link Malformed}. */
    void failed(Exception failure);
  }

  /** What came is no sound message; says which, and what is wrong with it. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1;

    Malformed(String message) {
      super(message);
    }
  }

  private static final int PRELUDE_BYTES = 12;
  private static final int PRELUDE_CHECKED_BYTES = 8;
  private static final int CHECK_BYTES = 4;

  /** What the specification allows. */
  private static final int HEADERS_MAX = 128 << 10;

  private static final int PAYLOAD_MAX = 24 << 20;

  /** A room that is larger is not used again; an event of a mebibyte of payload needs less. */
  private static final int ROOM_KEPT_MAX = 4 << 20;

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final Messages messages;
  private final CRC32 check = new CRC32();

  /** A message of which more is to come: the first bytes of a room that is as large as it is. */
  private byte[] held = new byte[PRELUDE_BYTES];

  private int heldBytes;

  /** Where the message that is read begins in the body. */
  private long place;

  private boolean over;

  EventFrames(Messages messages) {
    this.messages = messages;
  }

  /** Takes the next piece, and tells of all messages that are complete now. */
  void take(ByteBuffer piece) {
    byte[] bytes;
    int at = 0;
    if (piece.hasArray()) {
      bytes = piece.array();
      at = piece.arrayOffset() + piece.position();
    } else {
      bytes = new byte[piece.remaining()];
      piece.duplicate().get(bytes);
    }
    try {
      cut(bytes, at, at + piece.remaining());
    } catch (Malformed malformed) {
      end(malformed);
    }
  }

  private void end(Exception failure) {
    over = true;
    held = new byte[PRELUDE_BYTES];
    heldBytes = 0;
    messages.failed(failure);
  }

  private void cut(byte[] bytes, int from, int end) throws Malformed {
    int at = from;
    while (at < end && !over) {
      if (heldBytes > 0 || end - at < PRELUDE_BYTES) {
        at += hold(bytes, at, end);
        continue;
      }
      int length = lengthAt(bytes, at);
      if (length <= end - at) {
        message(bytes, at, length);
        at += length;
      } else {
        room(length);
        at += hold(bytes, at, end);
      }
    }
  }

  /** Adds to what is held, up to the end of the prelude or of the message; answers how much. */
  private int hold(byte[] bytes, int at, int end) throws Malformed {
    int wanted = heldBytes < PRELUDE_BYTES ? PRELUDE_BYTES : int32(held, 0);
    int taken = Math.min(wanted - heldBytes, end - at);
    System.arraycopy(bytes, at, held, heldBytes, taken);
    heldBytes += taken;
    if (heldBytes < wanted) {
      return taken;
    }
    int length = wanted == PRELUDE_BYTES ? lengthAt(held, 0) : wanted;
    if (length > heldBytes) {
      room(length);
    } else {
      heldBytes = 0;
      message(held, 0, length);
    }
    return taken;
  }

  private void room(int length) {
    if (held.length < length) {
      held = Arrays.copyOf(held, length);
    }
  }

  /** A shard that has become quiet holds nothing of what it was. */
  private void letGo(int length) {
    if (held.length > ROOM_KEPT_MAX || length < held.length / 4) {
      held = new byte[PRELUDE_BYTES];
    }
  }

  /** Of the message that begins here. */
  private int lengthAt(byte[] bytes, int at) throws Malformed {
    long length = Integer.toUnsignedLong(int32(bytes, at));
    long headers = Integer.toUnsignedLong(int32(bytes, at + 4));
    long payload = length - headers - PRELUDE_BYTES - CHECK_BYTES;
    if (checkOf(bytes, at, PRELUDE_CHECKED_BYTES) != int32(bytes, at + PRELUDE_CHECKED_BYTES)) {
      throw malformed("has a wrong check of its lengths");
    }
    if (headers > HEADERS_MAX || payload < 0 || payload > PAYLOAD_MAX) {
      throw malformed("says that it has " + length + " bytes, of headers " + headers);
    }
    return (int) length;
  }

  private void message(byte[] bytes, int at, int length) throws Malformed {
    int end = at + length - CHECK_BYTES;
    int payload = at + PRELUDE_BYTES + int32(bytes, at + 4);
    if (checkOf(bytes, at, length - CHECK_BYTES) != int32(bytes, end)) {
      throw malformed("of " + length + " bytes has a wrong check");
    }
    var headers = EventHeaders.read(bytes, at + PRELUDE_BYTES, payload);
    if (headers == null) {
      throw malformed("has headers that are none");
    }
    switch (headers.kind()) {
      case EVENT -> messages.came(event(bytes, payload, end));
      case FAILURE -> end(headers.failure(bytes, payload, end));
      case ANOTHER -> messages.opened();
    }
    letGo(length);
    place += length;
  }

  private EventBody event(byte[] bytes, int from, int to) throws Malformed {
    try {
      return EventBody.read(bytes, from, to);
    } catch (Unknown unknown) {
      throw malformed(
          "has an event of another form than is known, at its byte " + (unknown.at() - from));
    }
  }

  private Malformed malformed(String how) {
    return new Malformed("the message at byte " + place + " " + how);
  }

  private int checkOf(byte[] bytes, int at, int length) {
    check.reset();
    check.update(bytes, at, length);
    return (int) check.getValue();
  }

  private static int int32(byte[] bytes, int at) {
    return (int) INTS.get(bytes, at);
  }
}
