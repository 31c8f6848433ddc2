package io.headrace.checkpoint.kcl;

import io.headrace.checkpoint.kcl.KclCheckpoint.Sentinel;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.SequenceNumber;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StableCopy;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Items of the library's table to rows. What is not understood becomes a complaint that names row,
 * field and value, so that one reading tells them all. Not thread-safe.
 */
final class KclRowReader {
  static final String KEY = "leaseKey";
  static final String OWNER = "leaseOwner";
  static final String COUNTER = "leaseCounter";
  static final String SWITCHES = "ownerSwitchesSinceCheckpoint";
  static final String CHECKPOINT = "checkpoint";
  static final String SUB = "checkpointSubSequenceNumber";
  static final String PENDING = "pendingCheckpoint";
  static final String PENDING_SUB = "pendingCheckpointSubSequenceNumber";
  static final String PENDING_STATE = "pendingCheckpointState";
  static final String PARENTS = "parentShardId";
  static final String CHILDREN = "childShardIds";
  static final String FIRST_HASH = "startingHashKey";
  static final String LAST_HASH = "endingHashKey";
  static final String HANDED_BY = "checkpointOwner";
  static final String TYPE = "entityType";
  static final String STREAM = "streamName";
  static final String SHARD = "shardId";
  static final String LEASE = "LEASE";

  /** Everything that versions 1.0 to 3.5.1 write into a lease row. */
  private static final Set<String> KNOWN =
      Set.of(
          KEY,
          OWNER,
          COUNTER,
          SWITCHES,
          CHECKPOINT,
          SUB,
          PENDING,
          PENDING_SUB,
          PENDING_STATE,
          PARENTS,
          CHILDREN,
          FIRST_HASH,
          LAST_HASH,
          HANDED_BY,
          TYPE,
          STREAM,
          SHARD,
          "throughputKBps");

  /** What version 3.5 keeps beside its leases in the same table; nothing of it is progress. */
  private static final Set<String> OTHER_TYPES =
      Set.of(
          "STREAM", "LEADER", "CLIENT_VERSION_MIGRATION", "TABLE_MIGRATION", "WORKER_METRIC_STATS");

  private final Set<String> ignored;
  private final List<String> complaints = new ArrayList<>();
  private String key = "";
  private Map<String, AttributeValue> item = Map.of();

  /**
   * @param ignored fields of lease rows that somebody else put there
   */
  KclRowReader(Set<String> ignored) {
    this.ignored = StableCopy.of(ignored);
  }

  List<String> complaints() {
    return complaints;
  }

  /** The row; empty for what is no lease, and for what was complained of. */
  Optional<KclRow> read(Map<String, AttributeValue> next) {
    item = next;
    key = "";
    key = Optional.ofNullable(text(KEY)).orElse("");
    int before = complaints.size();
    if (key.isEmpty()) {
      complaints.add("a row without " + KEY + ": this is no lease table of the KCL");
      return Optional.empty();
    }
    var type = item.containsKey(TYPE) ? text(TYPE) : LEASE;
    if (type == null || OTHER_TYPES.contains(type)) {
      return Optional.empty();
    }
    if (!type.equals(LEASE)) {
      complain(TYPE, "is none that the KCL 1 to 3.5 writes");
      return Optional.empty();
    }
    for (var field : new TreeSet<>(item.keySet())) {
      if (!KNOWN.contains(field) && !ignored.contains(field)) {
        complaints.add(
            "row "
                + key
                + ": field "
                + field
                + " is none that the KCL 1 to 3.5 writes; name it with --ignore-field if it is"
                + " yours");
      }
    }
    var row = lease();
    return complaints.size() == before ? row : Optional.empty();
  }

  private Optional<KclRow> lease() {
    Optional<KclStream> stream = Optional.empty();
    ShardId shard;
    try {
      int colon = key.lastIndexOf(':');
      stream = colon < 0 ? Optional.empty() : Optional.of(KclStream.parse(key.substring(0, colon)));
      shard = new ShardId(key.substring(colon + 1));
    } catch (IllegalArgumentException wrong) {
      complain(KEY, "must be a shard or account:stream:epoch:shard");
      return Optional.empty();
    }
    agree(STREAM, stream.map(KclStream::toString));
    agree(SHARD, stream.map(s -> shard.value()));
    var checkpoint = checkpoint();
    if (checkpoint.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new KclRow(
            key,
            stream,
            shard,
            checkpoint.get(),
            pending(),
            shards(PARENTS),
            shards(CHILDREN),
            range(),
            number(COUNTER, 0)));
  }

  /** Multi-stream rows say twice what they are about. */
  private void agree(String field, Optional<String> expected) {
    var said = text(field);
    if (said != null && !said.equals(expected.orElse(""))) {
      complain(field, "does not agree with " + KEY);
    }
  }

  private Optional<KclCheckpoint> checkpoint() {
    var text = text(CHECKPOINT);
    if (text == null) {
      complain(CHECKPOINT, "is missing or no text");
      return Optional.empty();
    }
    var sentinel = Arrays.stream(Sentinel.values()).filter(s -> s.name().equals(text)).findFirst();
    if (sentinel.isPresent()) {
      return Optional.of(sentinel.get());
    }
    // Absent in the rows of the oldest versions, which knew no aggregates: the record itself.
    long sub = number(SUB, 0);
    try {
      return Optional.of(
          new KclCheckpoint.At(new Position(new SequenceNumber(text), Math.max(sub, 0))));
    } catch (IllegalArgumentException wrong) {
      complain(
          CHECKPOINT, "must be a sequence number, TRIM_HORIZON, LATEST, AT_TIMESTAMP or SHARD_END");
      return Optional.empty();
    }
  }

  private Optional<String> pending() {
    var text = text(PENDING);
    if (text == null) {
      return Optional.empty();
    }
    var state = item.get(PENDING_STATE);
    int bytes = state == null || state.b() == null ? 0 : state.b().asByteArrayUnsafe().length;
    return Optional.of(
        text
            + ":"
            + number(PENDING_SUB, 0)
            + (bytes == 0 ? "" : " with " + bytes + " bytes of state"));
  }

  private Set<ShardId> shards(String field) {
    var value = item.get(field);
    var ids = new HashSet<ShardId>();
    if (value == null) {
      return ids;
    }
    if (!value.hasSs()) {
      complain(field, "must be a set of texts");
    }
    for (var id : value.ss()) {
      try {
        ids.add(new ShardId(id));
      } catch (IllegalArgumentException wrong) {
        complain(field, "must hold shard ids");
      }
    }
    return ids;
  }

  private Optional<HashRange> range() {
    var first = text(FIRST_HASH);
    var last = text(LAST_HASH);
    if (first == null && last == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new HashRange(
              new BigInteger(Optional.ofNullable(first).orElse("")),
              new BigInteger(Optional.ofNullable(last).orElse(""))));
    } catch (IllegalArgumentException wrong) {
      complain(FIRST_HASH, "must be, with " + LAST_HASH + ", a range of 128-bit numbers");
      return Optional.empty();
    }
  }

  private long number(String field, long absent) {
    var value = item.get(field);
    if (value == null) {
      return absent;
    }
    try {
      long number = Long.parseLong(Optional.ofNullable(value.n()).orElse(""));
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException wrong) {
      // said below, as of a negative one
    }
    complain(field, "must be a whole number that is not negative");
    return absent;
  }

  private @Nullable String text(String field) {
    var value = item.get(field);
    if (value != null && value.s() == null) {
      complain(field, "must be a text");
    }
    return value == null ? null : value.s();
  }

  private void complain(String field, String what) {
    var value = item.get(field);
    var shown = value == null ? "" : value.b() != null ? " (bytes)" : " " + shown(value);
    complaints.add("row " + key + ": field " + field + shown + " " + what);
  }

  static String shown(AttributeValue value) {
    return value.s() != null
        ? "\"" + value.s() + "\""
        : value.n() != null ? value.n() : value.hasSs() ? value.ss().toString() : value.type() + "";
  }
}
