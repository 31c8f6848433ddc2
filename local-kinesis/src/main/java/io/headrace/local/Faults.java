package io.headrace.local;

import io.headrace.local.fault.FaultRule;
import io.headrace.local.fault.FaultRules;
import io.headrace.local.protocol.FaultFile;
import io.headrace.local.protocol.Protocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong in one server, to be changed while it runs: {@link LocalKinesis#faults()}. With
 * the same seed, the same faults and the same requests in the same order, the same goes wrong. Any
 * thread; a request that comes after a call returned meets what the call set.
 */
public final class Faults {
  private final FaultRules rules;

  Faults(FaultRules rules) {
    this.rules = rules;
  }

  /** What a server starts with: what the file says, if there is one, and a seed in any case. */
  static FaultRules startingWith(@Nullable Path file, @Nullable Long seed) {
    FaultRules rules = new FaultRules(ThreadLocalRandom.current().nextLong(1L << 32));
    if (file != null) {
      try {
        FaultFile.Content content =
            FaultFile.read(file.toString(), Files.readAllBytes(file), Protocol.actionNames());
        rules.replace(content.rules(), content.seed());
      } catch (IOException e) {
        throw new LocalKinesisException(
            "The file with faults " + file + " cannot be read: " + e, e);
      } catch (IllegalArgumentException e) {
        throw new LocalKinesisException(String.valueOf(e.getMessage()), e);
      }
    }
    if (seed != null) {
      rules.replace(rules.rules(), seed);
    }
    return rules;
  }

  /**
   * Adds a fault after the others. Of several that strike one request the first decides; delays add
   * up and come beside it.
   *
   * @throws IllegalArgumentException when the service has no such action, or there are 1,000
   *     faults; the message says which
   */
  public void add(Fault fault) {
    String action = fault.rule().action();
    if (!action.equals(FaultRule.ANY_ACTION) && !Protocol.actionNames().contains(action)) {
      throw new IllegalArgumentException("The service has no action '" + action + "'.");
    }
    rules.add(fault.rule());
  }

  /** Takes the first fault that equals this one away; false when there is none. */
  public boolean remove(Fault fault) {
    return rules.remove(fault.rule());
  }

  /** Takes all faults away. Those added afterwards draw from the seed anew. */
  public void clear() {
    rules.clear();
  }

  /** The faults as they are now, in their order; a copy. */
  public List<Fault> list() {
    return rules.rules().stream().map(Fault::of).toList();
  }

  /** What the draws come from; another one in each server unless the builder or a file sets it. */
  public long seed() {
    return rules.seed();
  }
}
