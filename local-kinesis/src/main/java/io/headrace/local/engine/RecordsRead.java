package io.headrace.local.engine;

import io.headrace.local.log.StoredRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one read of a shard gave. At the end of a closed shard there is no next iterator, and the
 * shards that follow are named.
 */
public record RecordsRead(
    List<StoredRecord> records,
    @Nullable String nextIterator,
    long millisBehindLatest,
    List<ChildShard> childShards) {}
