package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import java.util.Optional;

/** What a commit stores of a handler's state: the chunk's name, and what it must hold. */
record StateRoot(String chunk, long checksum) {
  /** The part of a handler's state. */
  static final String STATE = "state";

  /**
   * @param part under which name the commit has it
   */
  CommitParts parts(String part) {
    return CommitParts.of(part, (chunk + "\n" + Long.toHexString(checksum)).getBytes(UTF_8));
  }

  /** Empty where nothing was stored yet. */
  static Optional<StateRoot> of(CommitParts parts, String part) {
    byte[] bytes = parts.parts().get(part);
    if (bytes == null) {
      return Optional.empty();
    }
    var text = new String(bytes, UTF_8);
    int line = text.indexOf('\n');
    try {
      return Optional.of(
          new StateRoot(
              text.substring(0, line), Long.parseUnsignedLong(text.substring(line + 1), 16)));
    } catch (RuntimeException wrong) {
      throw new CheckpointException(
          part + " root of " + bytes.length + " bytes: must be chunk and checksum", wrong);
    }
  }
}
