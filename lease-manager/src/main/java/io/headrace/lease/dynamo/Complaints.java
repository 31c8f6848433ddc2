package io.headrace.lease.dynamo;

import io.headrace.lease.LeaseItem;
import io.headrace.lease.Stored;
import io.headrace.lease.UnreadableItemException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Reads lists of items, leaves out those that can't be read, and tells of each of them once: one
 * bad item must not hide the good ones. Any thread may call.
 */
final class Complaints {
  private static final Logger LOG = LoggerFactory.getLogger(DynamoLeaseTable.class);

  /** Complaints that are remembered; then all may be told again. */
  private static final int TOLD_MAX = 1_000;

  private final Set<String> told = new HashSet<>();

  <T extends LeaseItem> List<Stored<T>> readable(
      ItemCodec<T> codec, String table, List<Map<String, AttributeValue>> items) {
    var read = new ArrayList<Stored<T>>(items.size());
    for (var item : items) {
      try {
        read.add(codec.read(table, item));
      } catch (UnreadableItemException unreadable) {
        tell(unreadable);
      }
    }
    return read;
  }

  synchronized void tell(UnreadableItemException unreadable) {
    if (told.size() >= TOLD_MAX) {
      told.clear();
    }
    if (told.add(unreadable.getMessage())) {
      LOG.warn("{} (it is left as it is; everything else goes on)", unreadable.getMessage());
    }
  }
}
