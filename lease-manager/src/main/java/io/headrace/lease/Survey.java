package io.headrace.lease;

import java.util.List;

/**
 * What an operator's look brings: what could be read, and what could not, which hides nothing else.
 *
 * @param faults one sentence for each item that can't be read, with its key and attribute
 */
public record Survey<T extends LeaseItem>(List<Stored<T>> found, List<String> faults) {
  public Survey {
    found = List.copyOf(found);
    faults = List.copyOf(faults);
  }
}
