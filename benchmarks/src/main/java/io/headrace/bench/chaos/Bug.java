package io.headrace.bench.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.function.TerminalFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What is wrong in the functions until somebody mends it, for all processes at once: files say how
 * much is mended. Any thread calls.
 */
final class Bug {
  private final Path mended;
  private final Path halfMended;
  private final ObjectMapper json = new ObjectMapper();

  Bug(Path folder) {
    mended = folder.resolve("mended");
    halfMended = folder.resolve("half-mended");
  }

  void mend() throws IOException {
    Files.createFile(mended);
  }

  /** From now on every other key that was stuck is not. */
  void mendHalf() throws IOException {
    Files.createFile(halfMended);
  }

  /** Throws what the function throws with a record, if it does. */
  void strike(String function, String record) throws JsonProcessingException {
    JsonNode told = json.readTree(record);
    String key = told.path("key").asText();
    Fate fate = Fate.valueOf(told.path("fate").asText()).in(function, key);
    if ((fate == Fate.PLAIN && !Fate.isStuck(function, key)) || Files.exists(mended)) {
      return;
    }
    if (Fate.staysStuck(function, key)
        || (Fate.isStuck(function, key) && !Files.exists(halfMended))) {
      throw new IllegalStateException("this key fails until it is mended");
    }
    switch (fate) {
      case TERMINAL -> throw new TerminalFailure("NoUse", "no retry mends this");
      case FAILING -> throw new IllegalStateException("this record fails until it is mended");
      case FLAKY -> {
        if (ThreadLocalRandom.current().nextBoolean()) {
          throw new TerminalFailure("Flaky", "no retry mends this, or one does");
        }
      }
      case NOISE -> throw new IllegalStateException("a filter was to keep this away");
      case PLAIN -> {}
    }
  }
}
