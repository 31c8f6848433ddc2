package io.headrace.function;

import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a window that is kept, besides its sum.
 *
 * @param told how often: the revision it is told under next
 * @param changed whether a record was added since it was told last
 */
record WindowMark(int told, boolean changed) {
  /** Never told. As earlier versions write it, which know no other. */
  private static final WindowMark NEW = new WindowMark(0, true);

  private static final int VERSION = 0;

  static WindowMark read(@Nullable StateValue value) {
    if (value == null) {
      return NEW;
    }
    if (value.codecVersion() > VERSION) {
      throw new CheckpointException(
          "mark of a window: a newer version wrote it, " + value.codecVersion());
    }
    if (value.bytes().length == 0) {
      return NEW;
    }
    var bytes = ByteBuffer.wrap(value.bytes());
    return new WindowMark(bytes.getInt(), bytes.get() != 0);
  }

  StateValue value() {
    if (told == 0) {
      return EntryKeys.OPEN;
    }
    var bytes = ByteBuffer.allocate(Integer.BYTES + 1).putInt(told).put((byte) (changed ? 1 : 0));
    return StateValue.of(bytes.array(), VERSION);
  }

  /** As the function is told of the window now. */
  Window told(WindowKey window) {
    return window.told(told == 0 ? Window.Firing.ON_TIME : Window.Firing.LATE, told);
  }

  WindowMark added() {
    return new WindowMark(told, true);
  }

  WindowMark fired() {
    return new WindowMark(told + 1, false);
  }

  /** Two have become one: what is told next holds the records of both. */
  static WindowMark joined(WindowMark one, WindowMark other) {
    return new WindowMark(Math.max(one.told, other.told), true);
  }
}
