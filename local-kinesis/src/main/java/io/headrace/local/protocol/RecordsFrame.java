package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.headrace.local.engine.ChildShard;
import io.headrace.local.engine.Pushed;
import io.headrace.local.log.StoredRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The message that carries records, written piece by piece: its length is worked out beforehand, so
 * that a subscriber who does not read costs the piece that waits for it and not the whole message.
 * Confined to one subscription.
 */
final class RecordsFrame {
  private static final byte[] HEADERS = EventFrame.eventHeaders("SubscribeToShardEvent");
  private static final byte[] NUMBER = bytes("{\"SequenceNumber\":\"");
  private static final byte[] TIME = bytes("\",\"ApproximateArrivalTimestamp\":");
  private static final byte[] KEY = bytes(",\"PartitionKey\":\"");
  private static final byte[] DATA = bytes("\",\"Data\":\"");
  private static final byte[] ENCRYPTED_DATA = bytes("\",\"EncryptionType\":\"KMS\",\"Data\":\"");
  private static final byte[] RECORD_END = bytes("\"}");
  private static final byte[] COMMA = bytes(",");
  private static final byte[] END = bytes("]}");
  private static final int NUMBER_DIGITS = 56;
  private static final int FRACTION_CHARS = 4;
  // Divisible by three, so that only the last piece of a record is filled up in Base64.
  private static final int DATA_PIECE_BYTES = 12 * 1024;

  private static final Output<Pushed.Event> HEAD_OUT =
      new Output<Pushed.Event>()
          .text("ContinuationSequenceNumber", Pushed.Event::continuation)
          .number("MillisBehindLatest", Pushed.Event::millisBehindLatest)
          .<ChildShard>listUnlessEmpty(
              "ChildShards", Pushed.Event::childShards, RecordActions.CHILD_OUT);

  private final int count;
  private final long lastOrder;
  private final CRC32 check = new CRC32();
  private ByteBuffer piece;
  // Those at hand, of which the first is the one that is being written; the rest may have to be
  // read again.
  private Deque<StoredRecord> atHand = new ArrayDeque<>();
  private long atHandBytes;
  private long order;
  private int record;
  private int dataAt = -1;
  private int payloadLeft;
  private boolean isComplete;

  RecordsFrame(Pushed.Event event) {
    this.count = event.records().size();
    this.lastOrder = count == 0 ? 0 : event.records().get(count - 1).order();
    event.records().forEach(this::add);
    byte[] start = head(event);
    int payload = start.length + END.length + Math.max(0, event.records().size() - 1);
    for (StoredRecord each : event.records()) {
      payload = Math.addExact(payload, length(each));
    }
    this.payloadLeft = payload - start.length;
    byte[] begin = EventFrame.begin(HEADERS, payload, check);
    check.update(start);
    this.piece = ByteBuffer.allocate(begin.length + start.length).put(begin).put(start).flip();
  }

  /** Writes as much as there is room for; what does not fit comes with the next call. */
  void writeTo(ByteBuffer out) {
    while (out.hasRemaining() && !isWritten() && !lacksRecords()) {
      if (!piece.hasRemaining()) {
        piece = ByteBuffer.wrap(nextPiece());
      }
      int count = Math.min(piece.remaining(), out.remaining());
      out.put(piece.slice(piece.position(), count));
      piece.position(piece.position() + count);
    }
  }

  /** The payload of the records at hand. */
  long payloadBytes() {
    return atHandBytes;
  }

  /** Lets go of the records, which are in their log still. */
  void letGo() {
    StoredRecord first = atHand.peek();
    if (first != null) {
      order = first.order();
      atHand = new ArrayDeque<>();
      atHandBytes = 0;
    }
  }

  /** Whether it cannot go on without records from {@link #order} on. */
  boolean lacksRecords() {
    return !piece.hasRemaining() && record < count && atHand.isEmpty();
  }

  long order() {
    return order;
  }

  /**
   * Takes records again that it let go of.
   *
   * @throws IllegalStateException when they are not the ones
   */
  void supply(List<StoredRecord> records) {
    boolean isBegun = dataAt >= 0;
    // Later ones come with the next event; in place of lost ones they would come twice.
    boolean isLost = records.isEmpty() || records.get(0).order() > lastOrder;
    if (isLost || (isBegun && records.get(0).order() != order)) {
      throw new IllegalStateException("records of a begun event are past retention");
    }
    records.stream()
        .limit(count - record)
        .takeWhile(each -> each.order() <= lastOrder)
        .forEach(this::add);
  }

  boolean isWritten() {
    return isComplete && !piece.hasRemaining();
  }

  private byte[] nextPiece() {
    if (record == count) {
      if (payloadLeft != END.length) {
        throw new IllegalStateException("records of a begun event are past retention");
      }
      check.update(END);
      isComplete = true;
      byte[] end = EventFrame.end(check);
      return ByteBuffer.allocate(END.length + end.length).put(END).put(end).array();
    }
    byte[] next = recordPiece(atHand.element());
    payloadLeft -= next.length;
    check.update(next);
    return next;
  }

  private byte[] recordPiece(StoredRecord each) {
    byte[] data = each.data();
    if (dataAt < 0) {
      dataAt = 0;
      if (data.length > DATA_PIECE_BYTES) {
        return recordHead(each, 0);
      }
      byte[] whole = recordHead(each, base64Length(data.length) + RECORD_END.length);
      int end = whole.length - RECORD_END.length;
      ByteBuffer.wrap(whole, end - base64Length(data.length), base64Length(data.length))
          .put(Base64.getEncoder().encode(data));
      System.arraycopy(RECORD_END, 0, whole, end, RECORD_END.length);
      nextRecord();
      return whole;
    }
    if (dataAt == data.length) {
      nextRecord();
      return RECORD_END;
    }
    int count = Math.min(DATA_PIECE_BYTES, data.length - dataAt);
    ByteBuffer encoded = Base64.getEncoder().encode(ByteBuffer.wrap(data, dataAt, count));
    dataAt += count;
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    return bytes;
  }

  private void nextRecord() {
    StoredRecord written = atHand.remove();
    atHandBytes -= written.payloadBytes();
    order = written.order() + 1;
    record++;
    dataAt = -1;
  }

  private void add(StoredRecord each) {
    atHand.add(each);
    atHandBytes += each.payloadBytes();
  }

  private byte[] recordHead(StoredRecord each, int room) {
    byte[] key = JsonStringEncoder.getInstance().quoteAsUTF8(each.partitionKey());
    byte[] number = each.sequenceNumber().digits();
    byte[] time = bytes(Wire.seconds(each.arrivalMillis()));
    byte[] beforeData = beforeData(each);
    int comma = record == 0 ? 0 : COMMA.length;
    ByteBuffer out =
        ByteBuffer.allocate(
            comma
                + NUMBER.length
                + number.length
                + TIME.length
                + time.length
                + KEY.length
                + key.length
                + beforeData.length
                + room);
    out.put(COMMA, 0, comma).put(NUMBER).put(number).put(TIME).put(time);
    return out.put(KEY).put(key).put(beforeData).array();
  }

  private static int length(StoredRecord each) {
    return NUMBER.length
        + NUMBER_DIGITS
        + TIME.length
        + Long.toString(Math.floorDiv(each.arrivalMillis(), 1000L)).length()
        + FRACTION_CHARS
        + KEY.length
        + quotedLength(each.partitionKey())
        + beforeData(each).length
        + base64Length(each.data().length)
        + RECORD_END.length;
  }

  private static byte[] beforeData(StoredRecord each) {
    return each.isEncrypted() ? ENCRYPTED_DATA : DATA;
  }

  private static int quotedLength(String key) {
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c < ' ' || c >= 0x7f || c == '"' || c == '\\') {
        return JsonStringEncoder.getInstance().quoteAsUTF8(key).length;
      }
    }
    return key.length();
  }

  private static int base64Length(int bytes) {
    return (bytes + 2) / 3 * 4;
  }

  // The object up to its last field, whose content is written record by record.
  private static byte[] head(Pushed.Event event) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator generator = Wire.JSON.generator(out)) {
      HEAD_OUT.write(Wire.JSON, generator, event);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] object = out.toByteArray();
    byte[] records = bytes(",\"Records\":[");
    return ByteBuffer.allocate(object.length - 1 + records.length)
        .put(object, 0, object.length - 1)
        .put(records)
        .array();
  }

  private static byte[] bytes(String ascii) {
    return ascii.getBytes(StandardCharsets.US_ASCII);
  }
}
