package io.headrace.local.fault;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the service says with errors that a rule gives no words to, and with which status. */
public final class FaultCodes {
  public static final String THROTTLED = "ProvisionedThroughputExceededException";
  public static final String INTERNAL = "InternalFailure";

  private static final Map<String, Integer> STATUS =
      Map.of(INTERNAL, 500, "InternalFailureException", 500, "ServiceUnavailable", 503);

  private static final Map<String, String> MESSAGES =
      Map.ofEntries(
          Map.entry(INTERNAL, "Internal service failure."),
          Map.entry("InternalFailureException", "Internal service failure."),
          Map.entry(
              "ServiceUnavailable",
              "The request has failed due to a temporary failure of the server."),
          Map.entry("ExpiredIteratorException", "Iterator expired."),
          Map.entry("ExpiredNextTokenException", "NextToken has expired."),
          Map.entry("ThrottlingException", "Rate exceeded"),
          Map.entry(
              "KMSAccessDeniedException",
              "The ciphertext references a key that doesn't exist or that you don't have access"
                  + " to."),
          Map.entry(
              "KMSDisabledException",
              "The request was rejected because the specified customer master key (CMK) isn't"
                  + " enabled."),
          Map.entry(
              "KMSInvalidStateException",
              "The request was rejected because the state of the specified resource isn't valid"
                  + " for this request."),
          Map.entry(
              "KMSNotFoundException",
              "The request was rejected because the specified entity or resource can't be"
                  + " found."),
          Map.entry(
              "KMSOptInRequired", "The AWS access key ID needs a subscription for the service."),
          Map.entry("KMSThrottlingException", "The request was denied due to request throttling."));

  private FaultCodes() {}

  /** An error with the service's status for the code; 400 for codes that have no other. */
  public static FaultEffect.Refuse error(String code, @Nullable String message, int status) {
    int used = status == 0 ? STATUS.getOrDefault(code, 400) : status;
    return new FaultEffect.Refuse(code, message, used);
  }

  /** What to say: the rule's own words, or else the service's as far as they are fixed. */
  public static String message(String code, @Nullable String message) {
    if (message != null) {
      return message;
    }
    return MESSAGES.getOrDefault(code, "A fault rule of this server gives this error.");
  }
}
