package io.headrace.function.lambda;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.headrace.function.LambdaCall;
import io.headrace.function.LambdaHandler;
import io.headrace.kcl.StreamRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * A batch as AWS Lambda hands it over, in JSON. Everything that a handler sees is made from these
 * bytes, anew in each attempt, so it may change whatever it gets.
 *
 * <p>What only AWS knows is made up: the account is 000000000000, and so the role.
 */
final class EventJson {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int ENVELOPE_BYTES = 700;

  /** What an array can't hold must not look like a heap that is full, which ends the worker. */
  private static final long EVENT_BYTES_MAX = 1L << 30;

  private static final int MILLIS_DIGITS = 3;
  private static final String ACCOUNT = "000000000000";
  private static final String REGION_DEFAULT = "us-east-1";

  private final JsonGenerator out;
  private final LambdaCall call;
  private final String region;
  private final String streamArn;

  private EventJson(JsonGenerator out, LambdaHandler handler, LambdaCall call) {
    this.out = out;
    this.call = call;
    this.region = region(handler);
    this.streamArn =
        "arn:aws:kinesis:" + region + ":" + ACCOUNT + ":stream/" + call.shard().stream().name();
  }

  /**
   * @throws IOException when a payload that is fetched late can't be had now
   */
  static byte[] of(LambdaHandler handler, LambdaCall call) throws IOException {
    long size = ENVELOPE_BYTES;
    for (var record : call.records()) {
      size += record.payload().size() / 3L * 4 + ENVELOPE_BYTES;
    }
    if (size > EVENT_BYTES_MAX) {
      throw new IOException(
          "the event would have more than 1 GiB; lower batchSize, or set maxPayload");
    }
    var bytes = new ByteArrayOutputStream((int) size);
    try (var out = JSON.createGenerator(bytes)) {
      new EventJson(out, handler, call).write();
    }
    return bytes.toByteArray();
  }

  /** As it was given, else as the SDK finds it first. */
  static String region(LambdaHandler handler) {
    return handler
        .region()
        .or(() -> Optional.ofNullable(System.getProperty("aws.region")))
        .or(() -> Optional.ofNullable(System.getenv("AWS_REGION")))
        .orElse(REGION_DEFAULT);
  }

  private void write() throws IOException {
    out.writeStartObject();
    out.writeArrayFieldStart("Records");
    for (var record : call.records()) {
      write(record);
    }
    out.writeEndArray();
    var window = call.window();
    if (window != null) {
      write(window);
    }
    out.writeEndObject();
  }

  private void write(StreamRecord record) throws IOException {
    var sequence = record.position().sequence().value();
    out.writeStartObject();
    out.writeObjectFieldStart("kinesis");
    out.writeStringField("kinesisSchemaVersion", "1.0");
    out.writeStringField("partitionKey", record.key().text());
    out.writeStringField("sequenceNumber", sequence);
    out.writeFieldName("data");
    out.writeBinary(record.payload().bytes());
    out.writeNumberField(
        "approximateArrivalTimestamp",
        BigDecimal.valueOf(record.arrivedAt().toEpochMilli(), MILLIS_DIGITS));
    out.writeEndObject();
    out.writeStringField("eventSource", "aws:kinesis");
    out.writeStringField("eventVersion", "1.0");
    out.writeStringField("eventID", call.shard().shard().value() + ":" + sequence);
    out.writeStringField("eventName", "aws:kinesis:record");
    out.writeStringField("invokeIdentityArn", "arn:aws:iam::" + ACCOUNT + ":role/headrace");
    out.writeStringField("awsRegion", region);
    out.writeStringField("eventSourceARN", streamArn);
    out.writeEndObject();
  }

  private void write(LambdaCall.InWindow window) throws IOException {
    out.writeObjectFieldStart("window");
    out.writeStringField("start", window.start().toString());
    out.writeStringField("end", window.end().toString());
    out.writeEndObject();
    out.writeFieldName("state");
    out.writeRawValue(window.state());
    out.writeStringField("shardId", call.shard().shard().value());
    out.writeStringField("eventSourceARN", streamArn);
    out.writeBooleanField("isFinalInvokeForWindow", window.last());
    out.writeBooleanField("isWindowTerminatedEarly", window.early());
  }
}
