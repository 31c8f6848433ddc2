package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;

class FailureTest {
  private static final Place PLACE = new Place("orders", "region moon-1");

  @ParameterizedTest
  @CsvSource({
    "ProvisionedThroughputExceededException, 400, RETRYABLE, throttled",
    "LimitExceededException, 400, RETRYABLE, throttled",
    "KMSThrottlingException, 400, RETRYABLE, throttled",
    "ThrottlingException, 400, RETRYABLE, throttled",
    "SomethingNew, 429, RETRYABLE, throttled",
    "InternalFailure, 500, RETRYABLE, error of the service",
    "ServiceUnavailable, 503, RETRYABLE, error of the service",
    "ResourceInUseException, 400, RETRYABLE, being changed",
    "ExpiredNextTokenException, 400, RETRYABLE, too long",
    "ResourceNotFoundException, 400, NOT_FOUND, check name",
    "AccessDeniedException, 400, REFUSED, kinesis:GetRecords",
    "UnrecognizedClientException, 400, REFUSED, check credentials",
    "ExpiredTokenException, 400, REFUSED, check credentials",
    "KMSAccessDeniedException, 400, REFUSED, check credentials",
    "Whatever, 403, REFUSED, check credentials",
    "InvalidArgumentException, 400, INVALID, not accepted",
    "ValidationException, 400, INVALID, not accepted"
  })
  void says_what_the_service_meant(String code, int status, Kind kind, String words) {
    var failure = of(service(code, status, "in the service's words"));

    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure)
        .hasMessageContainingAll(
            "GetRecords", "orders", "moon-1", code, "in the service's words", words);
  }

  @ParameterizedTest
  @CsvSource({
    "ProvisionedThroughputExceededException, 400, true",
    "LimitExceededException, 400, true",
    "SomethingNew, 429, true",
    "InternalFailure, 500, false",
    "ServiceUnavailable, 503, false",
    "AccessDeniedException, 400, false"
  })
  void tells_a_throttled_call_from_an_outage(String code, int status, boolean throttled) {
    assertThat(Failure.isThrottled(of(service(code, status, "said so")))).isEqualTo(throttled);
    assertThat(Failure.isThrottled(of(new IOException("reset")))).isFalse();
  }

  @Test
  void names_the_status_where_a_proxy_gave_no_code() {
    assertThat(of(service(null, 502, null))).hasMessageContaining("HTTP 502");
  }

  @Test
  void says_that_the_service_is_out_of_reach_and_why() {
    var failure =
        of(
            SdkClientException.create(
                "Unable to execute", new IOException(new ConnectException("refused"))));
    assertThat(failure.kind()).isEqualTo(Kind.RETRYABLE);
    assertThat(failure).hasMessageContainingAll("could not reach", "ConnectException: refused");
  }

  @Test
  void says_that_time_was_up() {
    assertThat(of(new TimeoutException("10 s")))
        .hasMessageContaining("no answer in time")
        .extracting(StreamException::kind)
        .isEqualTo(Kind.RETRYABLE);
  }

  @Test
  void says_that_there_are_no_credentials() {
    assertThat(of(SdkClientException.create("Unable to load credentials from any provider")))
        .hasMessageContaining("AWS_ACCESS_KEY_ID")
        .extracting(StreamException::kind)
        .isEqualTo(Kind.REFUSED);
  }

  @Test
  void takes_a_fault_of_our_own_as_one() {
    assertThat(of(new IllegalStateException("ours")).kind()).isEqualTo(Kind.INVALID);
  }

  @Test
  void gives_no_record_up_that_the_service_itself_does_not_call_wrong() {
    for (var passing : List.of(new IllegalStateException("ours"), service("", 404, "no page"))) {
      var failure = Failure.ofPut(PLACE, passing);
      assertThat(failure.kind()).isEqualTo(Kind.RETRYABLE);
      assertThat(failure).hasMessageContaining("check endpoint and proxies");
    }
    for (var wrong : List.of(service("ValidationException", 400, "no"), service("", 413, "no"))) {
      assertThat(Failure.ofPut(PLACE, wrong).kind()).isEqualTo(Kind.INVALID);
    }
  }

  @Test
  void leaves_what_was_told_already_as_it_is() {
    var told = new StreamException(Kind.NOT_FOUND, "told");
    assertThat(of(new CompletionException(told))).isSameAs(told);
  }

  @Test
  void does_not_repeat_a_service_that_talks_for_ever() {
    assertThat(of(service("Odd", 400, "x".repeat(10_000))).getMessage()).hasSizeLessThan(600);
  }

  private static StreamException of(Throwable cause) {
    return Failure.of("GetRecords", PLACE, new CompletionException(cause));
  }

  private static Exception service(String code, int status, String message) {
    return KinesisException.builder()
        .awsErrorDetails(AwsErrorDetails.builder().errorCode(code).errorMessage(message).build())
        .statusCode(status)
        .build();
  }
}
