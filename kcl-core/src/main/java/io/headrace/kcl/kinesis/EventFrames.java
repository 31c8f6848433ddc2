package io.headrace.kcl.kinesis;

import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/**
 * Cuts the body of a subscription, which comes in pieces, into its messages, and takes the records
 * out of those that are events: what is left is a sound message again, with its lengths and checks
 * made anew, and an empty list of records. Other messages stay as they are.
 *
 * <p>From the first bytes on that are no sound message, all that comes goes through untouched: the
 * SDK finds the same there, and ends the subscription. So does all behind an event of such a form
 * that it might be taken for another.
 *
 * <p>A message: its length, the length of its headers and a check of these two, the headers, the
 * payload, and a check of all before. Confined to one subscription.
 */
final class EventFrames {
  private static final int PRELUDE_BYTES = 12;
  private static final int PRELUDE_CHECKED_BYTES = 8;
  private static final int CHECK_BYTES = 4;

  /** As the SDK has it: no more is taken for a message. */
  private static final int HEADERS_MAX = 128 << 10;

  private static final int PAYLOAD_MAX = 24 << 20;

  /** A room that is larger is not used again; an event of a mebibyte of payload needs less. */
  private static final int ROOM_KEPT_MAX = 4 << 20;

  /** Room for what is mostly left of an event. */
  private static final int OUT_BYTES = 512;

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  /** The kind of a header that is a text. */
  private static final byte TEXT = 7;

  private static final byte[] MESSAGE_TYPE = ascii(":message-type");
  private static final byte[] EVENT = ascii("event");
  private static final byte[] EVENT_TYPE = ascii(":event-type");
  private static final byte[] RECORDS_EVENT = ascii("SubscribeToShardEvent");
  private static final byte[] NO_RECORDS = ascii("[]");

  /** Hears of each event in turn, before the SDK gets it. */
  private final Consumer<EventBody> events;

  private final CRC32 check = new CRC32();

  /** A message of which more is to come: the first bytes of a room that is as large as it is. */
  private byte[] held = new byte[PRELUDE_BYTES];

  private int heldBytes;
  private boolean foreign;

  EventFrames(Consumer<EventBody> events) {
    this.events = events;
  }

  /** Whether all that comes goes through untouched from here on. */
  boolean isForeign() {
    return foreign;
  }

  /** Takes the next piece; answers what the SDK is to get of all that is complete now. */
  ByteBuffer take(ByteBuffer piece) {
    if (foreign) {
      return piece;
    }
    byte[] bytes;
    int at = 0;
    if (piece.hasArray()) {
      bytes = piece.array();
      at = piece.arrayOffset() + piece.position();
    } else {
      bytes = new byte[piece.remaining()];
      piece.duplicate().get(bytes);
    }
    var out = new ByteArrayOutputStream(OUT_BYTES);
    cut(bytes, at, at + piece.remaining(), out);
    return ByteBuffer.wrap(out.toByteArray());
  }

  private void cut(byte[] bytes, int from, int end, ByteArrayOutputStream out) {
    int at = from;
    while (at < end && !foreign) {
      if (heldBytes > 0 || end - at < PRELUDE_BYTES) {
        at += hold(bytes, at, end, out);
        continue;
      }
      int length = lengthAt(bytes, at);
      if (length < 0) {
        foreign = true;
      } else if (length <= end - at) {
        message(bytes, at, length, out);
        letGo(length);
        at += length;
      } else {
        room(length);
        at += hold(bytes, at, end, out);
      }
    }
    out.write(bytes, at, end - at);
  }

  /** Adds to what is held, up to the end of the prelude or of the message; answers how much. */
  private int hold(byte[] bytes, int at, int end, ByteArrayOutputStream out) {
    int wanted = heldBytes < PRELUDE_BYTES ? PRELUDE_BYTES : int32(held, 0);
    int taken = Math.min(wanted - heldBytes, end - at);
    System.arraycopy(bytes, at, held, heldBytes, taken);
    heldBytes += taken;
    if (heldBytes < wanted) {
      return taken;
    }
    int length = wanted == PRELUDE_BYTES ? lengthAt(held, 0) : wanted;
    if (length < 0) {
      foreign = true;
      out.write(held, 0, heldBytes);
      heldBytes = 0;
    } else if (length > heldBytes) {
      room(length);
    } else {
      heldBytes = 0;
      message(held, 0, length, out);
      letGo(length);
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

  /** Of the message that begins here; -1 when none does. */
  private int lengthAt(byte[] bytes, int at) {
    long length = Integer.toUnsignedLong(int32(bytes, at));
    long headers = Integer.toUnsignedLong(int32(bytes, at + 4));
    long payload = length - headers - PRELUDE_BYTES - CHECK_BYTES;
    boolean isSound =
        headers <= HEADERS_MAX
            && payload >= 0
            && payload <= PAYLOAD_MAX
            && checkOf(bytes, at, PRELUDE_CHECKED_BYTES)
                == int32(bytes, at + PRELUDE_CHECKED_BYTES);
    return isSound ? (int) length : -1;
  }

  private void message(byte[] bytes, int at, int length, ByteArrayOutputStream out) {
    int end = at + length - CHECK_BYTES;
    int payload = at + PRELUDE_BYTES + int32(bytes, at + 4);
    if (checkOf(bytes, at, length - CHECK_BYTES) != int32(bytes, end)) {
      foreign = true;
    } else if (isEvent(bytes, at + PRELUDE_BYTES, payload)) {
      EventBody read = EventBody.read(bytes, payload, end);
      if (read == null) {
        foreign = true;
      } else {
        events.accept(read);
        if (!read.records().isEmpty()) {
          rest(bytes, at, read, end, out);
          return;
        }
      }
    }
    out.write(bytes, at, length);
  }

  /** The same message without its records. */
  private void rest(byte[] bytes, int at, EventBody read, int end, ByteArrayOutputStream out) {
    int before = read.begin() - at;
    int after = end - read.end();
    int length = before + NO_RECORDS.length + after + CHECK_BYTES;
    var rest = ByteBuffer.allocate(length);
    rest.putInt(length).put(bytes, at + 4, 4);
    rest.putInt(checkOf(rest.array(), 0, PRELUDE_CHECKED_BYTES));
    rest.put(bytes, at + PRELUDE_BYTES, before - PRELUDE_BYTES).put(NO_RECORDS);
    rest.put(bytes, read.end(), after);
    rest.putInt(checkOf(rest.array(), 0, length - CHECK_BYTES));
    out.writeBytes(rest.array());
  }

  /**
   * Whether the SDK makes a {@code SubscribeToShardEvent} of a message with these headers. Of such
   * as it does not understand it makes an error.
   */
  private boolean isEvent(byte[] bytes, int from, int end) {
    boolean isEvent = false;
    boolean isOfRecords = false;
    int at = from;
    while (at < end) {
      int name = at + 1;
      int type = name + (bytes[at] & 0xFF);
      int value = type + 3;
      if (value > end || bytes[type] != TEXT) {
        foreign = true;
        return false;
      }
      int next = value + ((bytes[type + 1] & 0xFF) << 8 | (bytes[type + 2] & 0xFF));
      if (next > end) {
        foreign = true;
        return false;
      }
      if (Arrays.equals(bytes, name, type, MESSAGE_TYPE, 0, MESSAGE_TYPE.length)) {
        isEvent = Arrays.equals(bytes, value, next, EVENT, 0, EVENT.length);
      } else if (Arrays.equals(bytes, name, type, EVENT_TYPE, 0, EVENT_TYPE.length)) {
        isOfRecords = Arrays.equals(bytes, value, next, RECORDS_EVENT, 0, RECORDS_EVENT.length);
      }
      at = next;
    }
    return isEvent && isOfRecords;
  }

  private int checkOf(byte[] bytes, int at, int length) {
    check.reset();
    check.update(bytes, at, length);
    return (int) check.getValue();
  }

  private static int int32(byte[] bytes, int at) {
    return (int) INTS.get(bytes, at);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
