package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * Records that a function of Lambda's rules did not get done, as Lambda tells an on-failure
 * destination: where they lie in the stream, and nothing of what is in them. One JSON object, whose
 * fields are those of AWS's documentation.
 *
 * @param functionArn Headrace has no ARNs of functions: {@code headrace:application:function}
 * @param condition {@code RetryAttemptsExhausted}, {@code RecordAgeExceeded} or, of our own, {@code
 *     PayloadTooLarge} or the code of a failure that no retry mends
 * @param invokeCount 1 also for records that were never handed over, as Lambda counts
 * @param answer how the function answered last; empty where its answer is not what discarded them
 * @param streamArn the stream's name, as its ARN is not known here
 */
public record DiscardedBatch(
    String requestId,
    String functionArn,
    String condition,
    int invokeCount,
    Optional<Answer> answer,
    Instant discardedAt,
    String shardId,
    String startSequenceNumber,
    String endSequenceNumber,
    Instant firstArrivedAt,
    Instant lastArrivedAt,
    int batchSize,
    String streamArn)
    implements SinkLetter {
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** How a function answers. */
  public enum Answer {
    /** It returned, and its response named records that failed. */
    REPORTED_FAILURES,
    /** It threw, ran out of time, or its response was not one. */
    FAILED
  }

  @Override
  public String function() {
    return functionArn.substring(functionArn.lastIndexOf(':') + 1);
  }

  /** {@code stream/shard/sequence} of its first record. */
  @Override
  public String id() {
    return streamArn + "/" + shardId + "/" + startSequenceNumber;
  }

  /** Its records have many keys, and are of one shard. */
  @Override
  public String partitionKey() {
    return shardId;
  }

  @Override
  public Instant failedAt() {
    return discardedAt;
  }

  @Override
  public String code() {
    return condition;
  }

  /** Whole: it is shorter than what any sink takes. */
  @Override
  public byte[] json(int bytesMax) {
    return toJson().getBytes(UTF_8);
  }

  /** One line of JSON. Written by hand: this package knows no JSON library. */
  String toJson() {
    var json = new StringBuilder(700);
    json.append("{\"requestContext\":{\"requestId\":");
    DeadLetter.quote(json, requestId);
    json.append(",\"functionArn\":");
    DeadLetter.quote(json, functionArn);
    json.append(",\"condition\":");
    DeadLetter.quote(json, condition);
    json.append(",\"approximateInvokeCount\":").append(invokeCount).append('}');
    answer.ifPresent(
        how ->
            json.append(",\"responseContext\":{\"statusCode\":200,")
                .append("\"executedVersion\":\"$LATEST\",\"functionError\":")
                .append(how == Answer.FAILED ? "\"Unhandled\"" : "null")
                .append('}'));
    json.append(",\"version\":\"1.0\",\"timestamp\":");
    DeadLetter.quote(json, millis(discardedAt));
    json.append(",\"KinesisBatchInfo\":{\"shardId\":");
    DeadLetter.quote(json, shardId);
    json.append(",\"startSequenceNumber\":");
    DeadLetter.quote(json, startSequenceNumber);
    json.append(",\"endSequenceNumber\":");
    DeadLetter.quote(json, endSequenceNumber);
    json.append(",\"approximateArrivalOfFirstRecord\":");
    DeadLetter.quote(json, millis(firstArrivedAt));
    json.append(",\"approximateArrivalOfLastRecord\":");
    DeadLetter.quote(json, millis(lastArrivedAt));
    json.append(",\"batchSize\":").append(batchSize).append(",\"streamArn\":");
    DeadLetter.quote(json, streamArn);
    return json.append("}}").toString();
  }

  /** Milliseconds always: {@code 2026-01-01T00:00:00.000Z}. */
  private static String millis(Instant time) {
    return MILLIS.format(time);
  }
}
