package io.headrace.kcl.kinesis;

import static io.headrace.kcl.kinesis.RecordForm.DEPTH_MAX;
import static io.headrace.kcl.kinesis.RecordForm.name;

import io.headrace.kcl.kinesis.RecordForm.Unknown;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * The headers of a message of SubscribeToShard: of what kind it is, and which failure it tells of.
 *
 * @param code what the service calls a failure
 * @param words about a failure, where the headers have them
 * @see <a href="https://smithy.io/2.0/aws/amazon-eventstream.html">Amazon Event Stream
 *     Specification</a>
 */
record EventHeaders(Kind kind, String code, @Nullable String words) {
  /** What a message is. */
  enum Kind {
    /** A SubscribeToShardEvent. */
    EVENT,
    /** What the service ends the subscription with. */
    FAILURE,
    /** The first answer, or what a later version of the service may add. */
    ANOTHER
  }

  private static final byte[] MESSAGE_TYPE = name(":message-type");
  private static final byte[] EVENT_TYPE = name(":event-type");
  private static final byte[] EXCEPTION_TYPE = name(":exception-type");
  private static final byte[] ERROR_CODE = name(":error-code");
  private static final byte[] ERROR_MESSAGE = name(":error-message");

  private static final byte[] EVENT = name("event");
  private static final byte[] RECORDS_EVENT = name("SubscribeToShardEvent");
  private static final byte[] EXCEPTION = name("exception");
  private static final byte[] ERROR = name("error");

  /** Whose type a header's value has a length before it. */
  private static final int BYTES = 6;

  private static final int TEXT = 7;

  /** How long the values of the other types are: true, false, numbers, a time, a UUID. */
  private static final int[] LENGTHS = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};

  /** Of an error in the midst of a stream no status comes; it is the service's to have ended it. */
  private static final int STATUS = 500;

  private static final EventHeaders OF_EVENT = new EventHeaders(Kind.EVENT, "", null);
  private static final EventHeaders OF_ANOTHER = new EventHeaders(Kind.ANOTHER, "", null);

  /** Null when the bytes are no headers. */
  static @Nullable EventHeaders read(byte[] bytes, int from, int to) {
    boolean isEvent = false;
    boolean isFailure = false;
    boolean isOfRecords = false;
    String code = "";
    String words = null;
    int at = from;
    while (at < to) {
      int name = at + 1;
      int type = name + (bytes[at] & 0xFF);
      int value = type + 1 + (hasLength(bytes, type, to) ? Short.BYTES : 0);
      int next = endOfValue(bytes, type, to);
      if (next < 0) {
        return null;
      }
      if (is(bytes, name, type, MESSAGE_TYPE)) {
        isEvent = is(bytes, value, next, EVENT);
        isFailure = is(bytes, value, next, EXCEPTION) || is(bytes, value, next, ERROR);
      } else if (is(bytes, name, type, EVENT_TYPE)) {
        isOfRecords = is(bytes, value, next, RECORDS_EVENT);
      } else if (is(bytes, name, type, EXCEPTION_TYPE) || is(bytes, name, type, ERROR_CODE)) {
        code = text(bytes, value, next);
      } else if (is(bytes, name, type, ERROR_MESSAGE)) {
        words = text(bytes, value, next);
      }
      at = next;
    }
    if (isFailure) {
      return new EventHeaders(Kind.FAILURE, code, words);
    }
    return isEvent && isOfRecords ? OF_EVENT : OF_ANOTHER;
  }

  private static boolean hasLength(byte[] bytes, int type, int to) {
    return type < to && (bytes[type] == BYTES || bytes[type] == TEXT);
  }

  /** Behind the value whose type stands there; -1 when there is none. */
  private static int endOfValue(byte[] bytes, int type, int to) {
    int end;
    if (hasLength(bytes, type, to)) {
      int value = type + 1 + Short.BYTES;
      end =
          value > to ? value : value + (((bytes[type + 1] & 0xFF) << 8) | (bytes[type + 2] & 0xFF));
    } else if (type < to && bytes[type] >= 0 && bytes[type] < LENGTHS.length) {
      end = type + 1 + LENGTHS[bytes[type]];
    } else {
      return -1;
    }
    return end <= to ? end : -1;
  }

  private static boolean is(byte[] bytes, int from, int to, byte[] name) {
    return Arrays.equals(bytes, from, to, name, 0, name.length);
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  /** The failure that a message with these headers and this payload tells of. */
  AwsServiceException failure(byte[] bytes, int from, int to) {
    String said = words == null ? new Words(bytes, from, to).message() : words;
    var details =
        AwsErrorDetails.builder().serviceName("Kinesis").errorCode(code).errorMessage(said).build();
    var failure =
        switch (code) {
          case "ResourceInUseException" -> ResourceInUseException.builder();
          case "ResourceNotFoundException" -> ResourceNotFoundException.builder();
          default -> KinesisException.builder();
        };
    return failure.message(said).statusCode(STATUS).awsErrorDetails(details).build();
  }

  /** The payload of a failure: an object with a message in it. */
  private static final class Words extends JsonBytes {
    private static final byte[][] MESSAGE = {name("message"), name("Message")};

    Words(byte[] bytes, int from, int to) {
      super(bytes, from, to);
    }

    @Nullable String message() {
      try {
        String message = null;
        take('{');
        for (boolean more = !isNext('}'); more; more = more('}')) {
          if (passName(MESSAGE) >= 0) {
            message = text();
          } else {
            skip(DEPTH_MAX);
          }
        }
        return message;
      } catch (Unknown none) {
        // The name of the failure says enough.
        return null;
      }
    }
  }
}
