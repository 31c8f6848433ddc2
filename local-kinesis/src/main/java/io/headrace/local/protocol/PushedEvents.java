package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import io.headrace.local.engine.FanOut;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.Pushed;
import io.headrace.local.engine.Subscription;
import io.headrace.local.fault.FaultCodes;
import io.headrace.local.fault.FaultEffect;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A subscription as the bytes that its subscriber gets: the first answer, the events, and at last
 * perhaps an error. Nothing is taken out of the subscription before there is room for it. One
 * thread at a time writes; {@link #isDue} and {@link #close} are for any thread.
 */
public final class PushedEvents {
  private static final byte[] EMPTY_OBJECT = "{}".getBytes(StandardCharsets.US_ASCII);

  private final FanOut fanOut;
  private final Subscription subscription;
  private @Nullable ByteBuffer small =
      ByteBuffer.wrap(EventFrame.event("initial-response", EMPTY_OBJECT));
  private @Nullable RecordsFrame records;
  private final FaultEffect.@Nullable BreakSubscription broken;
  private int given;
  private boolean ended;

  /** Breaks in the way given, if any is. */
  PushedEvents(
      FanOut fanOut, Subscription subscription, FaultEffect.@Nullable BreakSubscription broken) {
    this.broken = broken;
    this.fanOut = fanOut;
    this.subscription = subscription;
  }

  /**
   * Whom to tell that there is something to write after {@link #writeTo} had not enough to fill its
   * buffer. It is told by any thread, under locks, and must only hand over.
   */
  public void listen(Runnable told) {
    subscription.listen(told);
  }

  /**
   * Writes what there is, as far as there is room.
   *
   * @param eventBytesMax how much payload the next event may hold; a single record may be larger
   */
  public void writeTo(ByteBuffer out, long eventBytesMax) {
    while (out.hasRemaining()) {
      ByteBuffer whole = small;
      RecordsFrame frame = records;
      if (whole != null) {
        int count = Math.min(whole.remaining(), out.remaining());
        out.put(whole.slice(whole.position(), count));
        whole.position(whole.position() + count);
        small = whole.hasRemaining() ? whole : null;
      } else if (frame != null && frame.lacksRecords()) {
        frame.supply(fanOut.readAgain(subscription, frame.order(), eventBytesMax));
      } else if (frame != null) {
        frame.writeTo(out);
        records = frame.isWritten() ? null : frame;
      } else if (!take(eventBytesMax)) {
        return;
      }
    }
  }

  /** Whether the last byte has been written. */
  public boolean isEnded() {
    return ended && small == null;
  }

  /** Whether time may have brought something to write; cheap. */
  public boolean isDue() {
    return fanOut.isDue(subscription);
  }

  /** Whether the subscription itself is over, written to its end or not; cheap. */
  public boolean isOver() {
    return fanOut.isOver(subscription);
  }

  /** Lets go of the event that is being written, as far as it can be read again. */
  public void letGo() {
    RecordsFrame frame = records;
    if (frame != null) {
      frame.letGo();
    }
  }

  /** The payload that is at hand of the event that is being written. */
  public long unsentBytes() {
    RecordsFrame frame = records;
    return frame == null ? 0 : frame.payloadBytes();
  }

  /** Gives the subscription up; nothing is written afterwards. */
  public void close() {
    fanOut.cancel(subscription);
  }

  private boolean take(long eventBytesMax) {
    if (ended) {
      return false;
    }
    FaultEffect.BreakSubscription breaking = broken;
    if (breaking != null && given >= breaking.afterEvents()) {
      return breakOff(breaking);
    }
    Pushed next = fanOut.next(subscription, eventBytesMax);
    if (next instanceof Pushed.Event event) {
      given++;
      records = new RecordsFrame(event);
      return true;
    }
    if (next instanceof Pushed.Failed failed) {
      small = ByteBuffer.wrap(exception(failed.error()));
      ended = true;
      return true;
    }
    ended = next instanceof Pushed.Ended;
    return false;
  }

  private boolean breakOff(FaultEffect.BreakSubscription how) {
    switch (how.ending()) {
      case ERROR -> {
        String message = FaultCodes.message(how.code(), how.message());
        small = ByteBuffer.wrap(exception(KinesisError.of(how.code(), message)));
      }
      case MALFORMED -> {
        byte[] event = EventFrame.event("SubscribeToShardEvent", EMPTY_OBJECT);
        event[event.length - 1] ^= 1;
        small = ByteBuffer.wrap(event);
      }
      case SILENCE -> {
        return false;
      }
      case END -> {}
    }
    ended = true;
    return small != null;
  }

  private static byte[] exception(KinesisError error) {
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    try (JsonGenerator generator = Wire.JSON.generator(payload)) {
      generator.writeStartObject();
      generator.writeStringField("message", error.getMessage());
      generator.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return EventFrame.exception(error.code(), payload.toByteArray());
  }
}
