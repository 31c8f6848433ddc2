package io.headrace.samples.enrichment;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** The client of the service that knows customers; it answers on threads of its own. */
public interface Customers {
  /** A customer of the service's. */
  record Customer(String id, String segment) {}

  /**
   * Looks several up in one call, as a batch get of DynamoDB does.
   *
   * @return those that there are, by id; fails with {@link java.io.IOException} while it is down
   */
  CompletionStage<Map<String, Customer>> byId(Set<String> ids);
}
