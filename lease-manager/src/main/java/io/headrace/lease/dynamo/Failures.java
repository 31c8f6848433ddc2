package io.headrace.lease.dynamo;

import io.headrace.kcl.LeaseException;
import io.headrace.kcl.loop.Stages;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/** What went wrong at DynamoDB, as one sentence that names the table and says what to do. */
final class Failures {
  private Failures() {}

  static LeaseException of(String table, Throwable failure) {
    var cause = Stages.causeOf(failure);
    if (cause instanceof LeaseException already) {
      return already;
    }
    return new LeaseException("DynamoDB table " + table + ": " + reason(cause), cause);
  }

  private static String reason(Throwable cause) {
    if (cause instanceof ResourceNotFoundException) {
      return "it does not exist (any more): create it with string keys pk and sk, or start a worker";
    }
    if (cause instanceof DynamoDbException refused && refused.awsErrorDetails() != null) {
      var code = refused.awsErrorDetails().errorCode();
      return switch (String.valueOf(code)) {
        case "AccessDeniedException" ->
            "access is denied, allow DescribeTable, CreateTable, GetItem, PutItem, UpdateItem,"
                + " DeleteItem and Query on it";
        case "UnrecognizedClientException",
            "InvalidSignatureException",
            "ExpiredTokenException",
            "MissingAuthenticationTokenException" ->
            "the credentials are not accepted (" + code + "), check which ones the process uses";
        default ->
            "it answered with status "
                + refused.statusCode()
                + (code == null
                    ? ""
                    : ", " + code + ": " + refused.awsErrorDetails().errorMessage());
      };
    }
    if (cause instanceof ApiCallTimeoutException
        || cause instanceof ApiCallAttemptTimeoutException) {
      return "no answer in time, check network and endpoint";
    }
    if (cause instanceof SdkClientException) {
      var message = String.valueOf(cause.getMessage());
      return message.contains("credentials")
          ? "no AWS credentials were found, set AWS_ACCESS_KEY_ID or a profile or a role"
          : "it can't be reached, check region, endpoint and network (" + message + ")";
    }
    return String.valueOf(cause);
  }
}
