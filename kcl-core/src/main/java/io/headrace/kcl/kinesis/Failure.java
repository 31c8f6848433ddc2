package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.loop.Stages;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;

/** Says of whatever a call failed with what happened, where, and what to do. Pure. */
final class Failure {
  /** The service's own words may be long. */
  private static final int DETAIL_CHARACTERS_MAX = 300;

  /** HTTP: the server, or a proxy before it, gave a request up. */
  private static final int REQUEST_TIME_OUT = 408;

  /** HTTP: the same, as it was too large. */
  private static final int TOO_LARGE = 413;

  private static final Set<String> THROTTLED =
      Set.of(
          "ProvisionedThroughputExceededException",
          "LimitExceededException",
          "KMSThrottlingException",
          "ThrottlingException",
          "Throttling",
          "RequestLimitExceeded",
          "TooManyRequestsException");

  private static final Set<String> REFUSED =
      Set.of(
          "AccessDeniedException",
          "AccessDenied",
          "UnrecognizedClientException",
          "InvalidClientTokenId",
          "InvalidSignatureException",
          "SignatureDoesNotMatch",
          "IncompleteSignature",
          "IncompleteSignatureException",
          "MissingAuthenticationToken",
          "MissingAuthenticationTokenException",
          "ExpiredToken",
          "ExpiredTokenException",
          "OptInRequired",
          "KMSAccessDeniedException",
          "KMSDisabledException",
          "KMSInvalidStateException",
          "KMSNotFoundException",
          "KMSOptInRequired");

  private Failure() {}

  /** The same failure as a StreamException; one that already is comes back as it is. */
  static StreamException of(String action, Place place, Throwable failure) {
    Throwable cause = Stages.causeOf(failure);
    if (cause instanceof StreamException known) {
      return known;
    }
    if (cause instanceof AwsServiceException service) {
      return ofService(action, place, service);
    }
    if (isTimeOut(cause)) {
      return retryable(action, place, "got no answer in time; is the network slow?", cause);
    }
    if (cause instanceof SdkClientException client && saysCredentials(client)) {
      return exception(
          Kind.REFUSED,
          action,
          place,
          "found no AWS credentials; set a profile, a role or AWS_ACCESS_KEY_ID and"
              + " AWS_SECRET_ACCESS_KEY",
          cause);
    }
    if (cause instanceof SdkClientException || cause instanceof IOException) {
      return retryable(
          action,
          place,
          "could not reach the service ("
              + detail(rootOf(cause))
              + "); check region, endpoint and network",
          cause);
    }
    return exception(Kind.INVALID, action, place, "failed unexpectedly: " + detail(cause), cause);
  }

  /**
   * Of a put. Records are given up only where the service itself calls them wrong: what a proxy
   * answers, or what this process failed with, may pass.
   */
  static StreamException ofPut(Place place, Throwable failure) {
    StreamException why = of("PutRecords", place, failure);
    return why.kind() == Kind.INVALID && !saysWhatIsWrong(why.getCause())
        ? new StreamException(
            Kind.RETRYABLE,
            why.getMessage() + "; the service itself did not say so: check endpoint and proxies",
            why)
        : why;
  }

  /** Kinesis always gives a code; whoever finds a request too large does not change its mind. */
  private static boolean saysWhatIsWrong(@Nullable Throwable cause) {
    return cause instanceof AwsServiceException service
        && (service.statusCode() == TOO_LARGE || !codeOf(service).isEmpty());
  }

  private static String codeOf(AwsServiceException error) {
    String code = error.awsErrorDetails() == null ? null : error.awsErrorDetails().errorCode();
    return code == null ? "" : code;
  }

  /** Whether the iterator is too old: a new one helps. */
  static boolean isExpiredIterator(StreamException failure) {
    return failure.getCause() instanceof ExpiredIteratorException;
  }

  /** Whether the service is up, and did not do it only because it was asked too much. */
  static boolean isThrottled(StreamException failure) {
    return failure.getCause() instanceof AwsServiceException service && isThrottled(service);
  }

  private static boolean isThrottled(AwsServiceException error) {
    return THROTTLED.contains(codeOf(error)) || error.isThrottlingException();
  }

  /**
   * Whether the call may have done its work all the same, or may do it yet. It did not where the
   * service took it for wrong, and where nothing was there to sign it with; else nobody knows.
   */
  static boolean mayHaveHappened(StreamException failure) {
    if (failure.getCause() instanceof AwsServiceException service) {
      int status = service.statusCode();
      return status < 400 || status >= 500 || status == REQUEST_TIME_OUT;
    }
    return failure.kind() != Kind.REFUSED;
  }

  private static StreamException ofService(String action, Place place, AwsServiceException error) {
    String code = codeOf(error);
    String name = code.isEmpty() ? "HTTP " + error.statusCode() : code;
    String said = name + ": " + shortened(messageOf(error));
    if (isThrottled(error)) {
      return retryable(
          action,
          place,
          "was throttled (" + said + "); if this lasts, add shards or take other readers away",
          error);
    }
    if (name.equals("ResourceNotFoundException")) {
      return exception(
          Kind.NOT_FOUND,
          action,
          place,
          "found no such stream or shard ("
              + said
              + "); check name, region and account, or create the stream",
          error);
    }
    if (REFUSED.contains(name) || error.statusCode() == 401 || error.statusCode() == 403) {
      return exception(
          Kind.REFUSED,
          action,
          place,
          "was refused ("
              + said
              + "); check credentials, clock and the rights to kinesis:"
              + action,
          error);
    }
    if (error.statusCode() >= 500 || name.equals("InternalFailureException")) {
      return retryable(action, place, "met an error of the service (" + said + ")", error);
    }
    if (error instanceof ExpiredIteratorException || name.equals("ExpiredNextTokenException")) {
      return retryable(action, place, "took too long between two pages (" + said + ")", error);
    }
    if (name.equals("ResourceInUseException")) {
      return retryable(action, place, "found the stream being changed (" + said + ")", error);
    }
    return exception(Kind.INVALID, action, place, "was not accepted (" + said + ")", error);
  }

  /** The SDK has no type for this: only the chain of providers says so in its message. */
  private static boolean saysCredentials(SdkClientException error) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      String message = at.getMessage();
      if (message != null && message.contains("Unable to load credentials")) {
        return true;
      }
    }
    return false;
  }

  private static boolean isTimeOut(Throwable cause) {
    return cause instanceof TimeoutException
        || cause instanceof ApiCallTimeoutException
        || cause instanceof ApiCallAttemptTimeoutException;
  }

  private static StreamException retryable(
      String action, Place place, String sentence, Throwable cause) {
    return exception(Kind.RETRYABLE, action, place, sentence, cause);
  }

  private static StreamException exception(
      Kind kind, String action, Place place, String sentence, Throwable cause) {
    return new StreamException(kind, action + " on " + place + " " + sentence, cause);
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    for (int depth = 0; root.getCause() != null && depth < 10; depth++) {
      root = root.getCause();
    }
    return root;
  }

  private static String messageOf(AwsServiceException error) {
    String message =
        error.awsErrorDetails() == null ? null : error.awsErrorDetails().errorMessage();
    return message == null ? "no message" : message;
  }

  private static String detail(Throwable cause) {
    String message = cause.getMessage();
    String name = cause.getClass().getSimpleName();
    return message == null ? name : name + ": " + shortened(message);
  }

  private static String shortened(String text) {
    return text.length() <= DETAIL_CHARACTERS_MAX
        ? text
        : text.substring(0, DETAIL_CHARACTERS_MAX) + "...";
  }
}
