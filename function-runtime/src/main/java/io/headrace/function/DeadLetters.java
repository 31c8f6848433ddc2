package io.headrace.function;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Where records go that can't be handled. A letter is durable before its record counts as done;
 * while the sink is down the record waits. Each letter is a {@link DeadLetter} as one JSON object.
 */
public sealed interface DeadLetters {
  /** A file for each function in {@code folder}, one letter a line. */
  static DeadLetters inFile(Path folder) {
    return new InFile(folder);
  }

  /** A stream; the letter keeps the record's partition key. */
  static DeadLetters toStream(String name) {
    return new ToStream(name);
  }

  /** See {@link DeadLetters#inFile}. */
  record InFile(Path folder) implements DeadLetters {
    public InFile {
      Objects.requireNonNull(folder, "folder");
    }
  }

  /** See {@link DeadLetters#toStream}. */
  record ToStream(String name) implements DeadLetters {
    public ToStream {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("dead-letter stream name: must not be empty");
      }
    }
  }
}
