package io.headrace.function;

import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.StableCopy;
import java.util.Set;

/**
 * What a handler that takes whole batches answered for one, once its answer is understood: AWS
 * Lambda's rules for partial batch responses. What becomes of the records then, is the business of
 * who called.
 */
public sealed interface BatchAnswer {
  /**
   * All records count as done.
   *
   * @param unknownKeys the answer is an object that does not name failures and has keys that mean
   *     nothing: a misspelt one, perhaps
   */
  record Done(boolean unknownKeys) implements BatchAnswer {}

  /**
   * Of these the handler says that they failed. The records before the lowest of them count as
   * done; it and all behind it are to be tried again. Sub-records of an aggregate share one number
   * and stand or fall together.
   *
   * @param numbers at least one; each is that of a record of the batch
   */
  record ItemsFailed(Set<SequenceNumber> numbers) implements BatchAnswer {
    public ItemsFailed {
      numbers = StableCopy.of(numbers);
      if (numbers.isEmpty()) {
        throw new IllegalArgumentException("no item failed; then the batch is done");
      }
    }

    /** Where the batch is to be gone on with. */
    public SequenceNumber lowest() {
      return numbers.stream().min(SequenceNumber::compareTo).orElseThrow();
    }
  }

  /**
   * The answer is none: the whole batch counts as failed.
   *
   * @param why for operators; never quotes the answer
   */
  record Malformed(String why) implements BatchAnswer {}
}
