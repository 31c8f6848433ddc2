package io.headrace.local.protocol;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.Resource;
import io.headrace.local.engine.Shard;
import io.headrace.local.engine.StreamKey;
import org.jspecify.annotations.Nullable;

/** Fields that several actions take, and what they mean together. */
public final class CommonFields {
  public static final String NAME = "[a-zA-Z0-9_.-]+";
  static final String HASH_KEY = "0|([1-9]\\d{0,38})";
  static final String SEQUENCE_NUMBER = "0|([1-9]\\d{0,128})";

  static final Field<String> STREAM_NAME = name("StreamName");
  static final Field<String> STREAM_ARN =
      Field.text("StreamARN").pattern("arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+").length(1, 2048);

  static final Field<String> RESOURCE_ARN =
      Field.text("ResourceARN")
          .required()
          .pattern("arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+")
          .length(1, 2048);

  /** A field of the service's model that it says to be reserved; its value means nothing. */
  static final Field<String> STREAM_ID =
      Field.text("StreamId").pattern("[a-z0-9]{20}-[a-z0-9]{3}").length(1, 24);

  private CommonFields() {}

  /** A name of up to 128 characters, as streams and shards have. */
  static Field<String> name(String field) {
    return Field.text(field).pattern(NAME).length(1, 128);
  }

  /** Which of the five ways to begin reading a shard is meant. */
  static Field<String> startType(String field) {
    return Field.text(field)
        .required()
        .oneOf(
            "AFTER_SEQUENCE_NUMBER",
            "LATEST",
            "AT_TIMESTAMP",
            "AT_SEQUENCE_NUMBER",
            "TRIM_HORIZON");
  }

  /** The stream that the request names, by ARN, by name, or by both when they agree. */
  static StreamKey stream(Caller caller, Fields input) {
    String name = input.get(STREAM_NAME);
    String arn = input.get(STREAM_ARN);
    if (arn == null) {
      if (name == null) {
        throw KinesisError.invalidArgument("Either StreamName or StreamARN should be provided.");
      }
      return new StreamKey(caller.account(), caller.region(), name);
    }
    StreamKey key = StreamKey.ofArn(arn);
    if (name != null && !name.equals(key.name())) {
      throw KinesisError.invalidArgument(
          "StreamName " + name + " and StreamARN " + arn + " name different streams.");
    }
    return key;
  }

  /** The stream that the request names by ARN, where it cannot do so by name. */
  static StreamKey streamOfArn(Fields input) {
    String arn = input.get(STREAM_ARN);
    if (arn == null) {
      throw KinesisError.invalidArgument("StreamARN should be provided.");
    }
    return StreamKey.ofArn(arn);
  }

  /** The stream or consumer that a resource's ARN names. */
  static Resource resource(Fields input) {
    return Resource.ofArn(input.require(RESOURCE_ARN));
  }

  /** Whose streams the request is about: the ARN's owner's where it gives one. */
  static Caller owner(Caller caller, Fields input) {
    String arn = input.get(STREAM_ARN);
    if (arn == null) {
      return caller;
    }
    StreamKey key = StreamKey.ofArn(arn);
    return new Caller(key.account(), key.region());
  }

  /** The index in a shard's name that a list starts after, or -1 for a list from its beginning. */
  static int afterShard(@Nullable String shardId) {
    if (shardId == null) {
      return -1;
    }
    int index = Shard.indexOf(shardId);
    if (index < 0) {
      throw KinesisError.invalidArgument("ExclusiveStartShardId " + shardId + " is no shard ID.");
    }
    return index;
  }
}
