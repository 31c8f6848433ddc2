package io.headrace.local.protocol;

import static io.headrace.local.protocol.CommonFields.HASH_KEY;
import static io.headrace.local.protocol.CommonFields.SEQUENCE_NUMBER;
import static io.headrace.local.protocol.CommonFields.STREAM_ARN;
import static io.headrace.local.protocol.CommonFields.STREAM_ID;
import static io.headrace.local.protocol.CommonFields.STREAM_NAME;
import static io.headrace.local.protocol.CommonFields.name;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.ChildShard;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.KinesisStream;
import io.headrace.local.engine.PutEntry;
import io.headrace.local.engine.PutFilter;
import io.headrace.local.engine.PutOutcome;
import io.headrace.local.engine.RecordsRead;
import io.headrace.local.engine.StartFrom;
import io.headrace.local.engine.StreamKey;
import io.headrace.local.engine.StreamOptions;
import io.headrace.local.log.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The actions on records: declarations, and the step from fields to the engine. */
final class RecordActions {
  static final int RECORD_BYTES_MAX = StreamOptions.RECORD_KIB_LIMIT * 1024;
  static final int REQUEST_BYTES_MAX = 10 * 1024 * 1024;
  static final int REQUEST_RECORDS_MAX = 500;

  // What is not encrypted says nothing about it.
  private static final String KMS = "KMS";

  private static final Field<String> PARTITION_KEY =
      Field.text("PartitionKey").required().length(1, 256);
  private static final Field<String> EXPLICIT_HASH_KEY =
      Field.text("ExplicitHashKey").pattern(HASH_KEY);
  private static final Field<byte[]> DATA =
      Field.blob("Data").required().length(0, RECORD_BYTES_MAX);
  private static final Field<String> FOR_ORDERING =
      Field.text("SequenceNumberForOrdering").pattern(SEQUENCE_NUMBER);
  private static final Field<List<Fields>> RECORDS =
      Field.list(
              "Records",
              Structure.of(PARTITION_KEY, EXPLICIT_HASH_KEY, DATA),
              "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry")
          .required()
          .length(1, REQUEST_RECORDS_MAX);

  private static final Field<String> SHARD_ID = name("ShardId").required();
  private static final Field<String> ITERATOR_TYPE = CommonFields.startType("ShardIteratorType");
  private static final Field<String> START_NUMBER =
      Field.text("StartingSequenceNumber").pattern(SEQUENCE_NUMBER);
  private static final Field<Long> TIMESTAMP = Field.time("Timestamp");
  private static final Field<Integer> LIMIT =
      Field.whole("Limit").range(1, KinesisStream.RECORDS_READ_MAX);
  private static final Field<String> SHARD_ITERATOR =
      Field.text("ShardIterator").required().length(1, 512);

  private static final Output<PutOutcome> OUTCOME_OUT =
      new Output<PutOutcome>()
          .digits("SequenceNumber", RecordActions::sequenceNumber)
          .text("ShardId", put -> put instanceof PutOutcome.Stored to ? to.shardId() : null)
          .text("ErrorCode", put -> put instanceof PutOutcome.Refused no ? no.code() : null)
          .text("ErrorMessage", put -> put instanceof PutOutcome.Refused no ? no.message() : null);

  private static final Output<StoredRecord> RECORD_OUT =
      new Output<StoredRecord>()
          .digits("SequenceNumber", record -> record.sequenceNumber().digits())
          .time("ApproximateArrivalTimestamp", StoredRecord::arrivalMillis)
          .blob("Data", StoredRecord::data)
          .text("PartitionKey", StoredRecord::partitionKey)
          .text("EncryptionType", record -> record.isEncrypted() ? KMS : null);

  static final Output<ChildShard> CHILD_OUT =
      new Output<ChildShard>()
          .text("ShardId", ChildShard::id)
          .texts("ParentShards", ChildShard::parentIds)
          .nested("HashKeyRange", ChildShard::range, ShardActions.RANGE_OUT);

  private RecordActions() {}

  static List<Action<?>> all() {
    return List.of(
        new Action<>(
            "PutRecord",
            Structure.of(
                FOR_ORDERING,
                PARTITION_KEY,
                EXPLICIT_HASH_KEY,
                DATA,
                STREAM_NAME,
                STREAM_ARN,
                STREAM_ID),
            new Output<PutOutcome.Stored>()
                .text("ShardId", PutOutcome.Stored::shardId)
                .text("SequenceNumber", stored -> stored.number().toString())
                .text("EncryptionType", stored -> stored.isEncrypted() ? KMS : null),
            RecordActions::putOne),
        new Action<>(
            "PutRecords",
            Structure.of(RECORDS, STREAM_NAME, STREAM_ARN, STREAM_ID),
            new Output<List<PutOutcome>>()
                .number("FailedRecordCount", RecordActions::refused)
                .list("Records", outcomes -> outcomes, OUTCOME_OUT)
                .text("EncryptionType", RecordActions::encryption),
            RecordActions::putMany),
        new Action<>(
            "GetShardIterator",
            Structure.of(
                SHARD_ID,
                ITERATOR_TYPE,
                START_NUMBER,
                STREAM_NAME,
                TIMESTAMP,
                STREAM_ARN,
                STREAM_ID),
            new Output<String>().text("ShardIterator", token -> token),
            (engine, caller, input) ->
                engine.shardIterator(
                    CommonFields.stream(caller, input), input.require(SHARD_ID), start(input))),
        new Action<>(
            "GetRecords",
            Structure.of(LIMIT, SHARD_ITERATOR, STREAM_ARN, STREAM_ID),
            new Output<RecordsRead>()
                .text("NextShardIterator", RecordsRead::nextIterator)
                .number("MillisBehindLatest", RecordsRead::millisBehindLatest)
                .listUnlessEmpty("ChildShards", RecordsRead::childShards, CHILD_OUT)
                .list("Records", RecordsRead::records, RECORD_OUT),
            (engine, caller, input) ->
                engine.read(
                    CommonFields.owner(caller, input),
                    input.require(SHARD_ITERATOR),
                    input.get(LIMIT, KinesisStream.RECORDS_READ_MAX))));
  }

  private static PutOutcome.Stored putOne(Engine engine, Caller caller, Fields input) {
    StreamKey key = CommonFields.stream(caller, input);
    Validation.checkSize(input, DATA, engine.capacity().recordBytesMax(key));
    PutEntry entry = entry(input);
    String ordering = input.get(FOR_ORDERING);
    if (ordering != null) {
      engine.requireOrdering(key, ordering);
    }
    PutOutcome outcome = engine.put(key, List.of(entry)).get(0);
    if (outcome instanceof PutOutcome.Refused refused) {
      throw KinesisError.of(refused.code(), refused.message());
    }
    return (PutOutcome.Stored) outcome;
  }

  private static List<PutOutcome> putMany(Engine engine, Caller caller, Fields input) {
    return putMany(engine, caller, input, PutFilter.NONE);
  }

  /** A PutRecords some of whose records may be kept out. */
  static List<PutOutcome> putMany(Engine engine, Caller caller, Fields input, PutFilter filter) {
    List<Fields> records = input.require(RECORDS);
    StreamKey key = CommonFields.stream(caller, input);
    Validation.checkSizes(RECORDS, records, DATA, engine.capacity().recordBytesMax(key));
    List<PutEntry> entries = new ArrayList<>(records.size());
    long bytes = 0;
    for (Fields record : records) {
      PutEntry entry = entry(record);
      entries.add(entry);
      bytes += entry.bytes();
    }
    if (bytes > REQUEST_BYTES_MAX) {
      throw KinesisError.invalidArgument("Records size exceeds 10 MB limit");
    }
    return engine.put(key, entries, filter);
  }

  /** Whether the request, a put, writes to the shard. */
  static boolean writesTo(String shardId, Engine engine, Caller caller, Fields input) {
    List<Fields> records =
        input.structure().indexOf(RECORDS.name()) < 0 ? List.of(input) : input.require(RECORDS);
    StreamKey key = CommonFields.stream(caller, input);
    for (Fields record : records) {
      if (shardId.equals(engine.shardFor(key, entry(record)))) {
        return true;
      }
    }
    return false;
  }

  private static PutEntry entry(Fields record) {
    return PutEntry.of(
        record.require(PARTITION_KEY), record.get(EXPLICIT_HASH_KEY), record.require(DATA));
  }

  private static StartFrom start(Fields input) {
    return start(input.require(ITERATOR_TYPE), input.get(START_NUMBER), input.get(TIMESTAMP));
  }

  /** Where reading starts, as the three fields that tell it say together. */
  static StartFrom start(String type, @Nullable String number, @Nullable Long time) {
    boolean numbered = type.endsWith("_SEQUENCE_NUMBER");
    if (numbered != (number != null)) {
      throw KinesisError.invalidArgument(
          "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
              + "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no "
              + "StartingSequenceNumber. Request specified "
              + type
              + (number == null
                  ? " and no StartingSequenceNumber."
                  : " and also a StartingSequenceNumber."));
    }
    if (number != null) {
      return type.equals("AT_SEQUENCE_NUMBER")
          ? new StartFrom.At(number)
          : new StartFrom.After(number);
    }
    if (type.equals("AT_TIMESTAMP")) {
      if (time == null) {
        throw KinesisError.invalidArgument(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                + "Current request has no timestamp parameter.");
      }
      return new StartFrom.Time(time);
    }
    return type.equals("LATEST") ? new StartFrom.Latest() : new StartFrom.TrimHorizon();
  }

  private static byte @Nullable [] sequenceNumber(PutOutcome outcome) {
    return outcome instanceof PutOutcome.Stored stored ? stored.number().digits() : null;
  }

  private static @Nullable String encryption(List<PutOutcome> outcomes) {
    boolean encrypted =
        outcomes.stream()
            .anyMatch(put -> put instanceof PutOutcome.Stored stored && stored.isEncrypted());
    return encrypted ? KMS : null;
  }

  private static long refused(List<PutOutcome> outcomes) {
    return outcomes.stream().filter(PutOutcome.Refused.class::isInstance).count();
  }
}
