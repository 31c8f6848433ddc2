package io.headrace.local.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.VirtualClock;
import io.headrace.local.engine.Caller;
import io.headrace.local.engine.KinesisError;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner.AuthLocation;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/** Strict verification, with the service's own signer as the judge and time in our hands. */
class SignaturesTest {
  private static final String ACCOUNT = "000000000000";
  private static final byte[] BODY = "{\"StreamName\":\"orders\"}".getBytes(UTF_8);
  private static final String MISMATCH =
      "The request signature we calculated does not match the signature you provided. Check your"
          + " AWS Secret Access Key and signing method. Consult the service documentation for"
          + " details.";

  private final VirtualClock clock = new VirtualClock();
  private final Signatures signatures =
      new Signatures(
          clock,
          List.of(
              new AccessKey("test", "any", null, null, ACCOUNT),
              new AccessKey(
                  "guest",
                  "any",
                  "token",
                  VirtualClock.START.plus(Duration.ofHours(1)),
                  "111122223333")));

  @Test
  void what_the_services_own_signer_signed_is_verified_with_its_region_and_account() {
    assertThat(verify(signed("test", "any"))).isEqualTo(new Caller(ACCOUNT, "eu-west-1"));
  }

  @Test
  void the_host_may_be_signed_by_its_name_in_http_2() {
    // Signed by the AWS SDK for JavaScript, which does so.
    TestRequest request =
        TestRequest.of("POST", "/")
            .without("host")
            .with("host", "127.0.0.1:4567")
            .with("content-type", "application/x-amz-json-1.1")
            .with("x-amz-target", "Kinesis_20131202.ListStreams")
            .with("x-amz-date", "20260122T012202Z")
            .with(
                "x-amz-content-sha256",
                "c51186d8dde7c68a806475a9ef419978a1f2a935c9db54fe2d405937607b5f7d")
            .with(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260122/us-east-1/kinesis/aws4_request,"
                    + " SignedHeaders=:authority;content-type;x-amz-content-sha256;x-amz-date;"
                    + "x-amz-target, Signature="
                    + "65ebf3ea76b20d7fc24df016f4c554bb2e4d7cc3ee3025fcaf7d9b15a62f058f")
            .withBody(BODY);

    assertThat(verify(request)).isEqualTo(new Caller(ACCOUNT, "us-east-1"));
    refused(
        request.without("host").with("host", "elsewhere"), "InvalidSignatureException", MISMATCH);
  }

  @Test
  void any_path_parameters_and_headers_are_verified_as_the_signer_writes_them() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String odd = "aZ09-._~ /=&+%?'()*!@:,;\"<>|\u00e9\u1234";
    for (int i = 0; i < 300; i++) {
      String text = text(random, odd);
      String path = "/" + text(random, "aZ09-._~").replace(".", "");
      TestRequest request =
          signed(
              "test",
              "any",
              builder ->
                  builder
                      .encodedPath(path)
                      .putRawQueryParameter("p" + text, List.of(text(random, odd), "b"))
                      .putHeader("x-odd", "  a  " + text(random, "aZ09-._~ ") + "  b "));
      assertThat(verify(request)).as("seed %d, round %d", seed, i).isNotNull();
    }
  }

  @Test
  void what_is_in_the_query_string_is_verified_until_it_expires() {
    TestRequest request = presigned(Duration.ofMinutes(10));
    assertThat(verify(request)).isEqualTo(new Caller(ACCOUNT, "eu-west-1"));

    clock.advance(Duration.ofMinutes(10));
    assertThat(verify(request)).isNotNull();
    clock.advance(Duration.ofSeconds(1));
    refused(
        request,
        "InvalidSignatureException",
        "Signature expired: 20260122T012202Z is now earlier than 20260122T012203Z"
            + " (20260122T013203Z - 10 min.)");
  }

  @Test
  void another_secret_another_body_or_another_header_is_a_mismatch() {
    TestRequest good = signed("test", "any");
    refused(signed("test", "Any"), "InvalidSignatureException", MISMATCH);
    refused(good.withBody("{}".getBytes(UTF_8)), "InvalidSignatureException", MISMATCH);
    refused(
        good.without("x-amz-target").with("x-amz-target", "Kinesis_20131202.DeleteStream"),
        "InvalidSignatureException",
        MISMATCH);
    refused(
        new TestRequest("POST", "/other", "", good.all(), good.body(), false),
        "InvalidSignatureException",
        MISMATCH);
  }

  @Test
  void no_single_changed_digit_of_a_signature_passes() {
    TestRequest good = signed("test", "any");
    String header = good.header("authorization");
    int start = header.indexOf("Signature=") + "Signature=".length();
    for (int i = start; i < header.length(); i++) {
      char other = header.charAt(i) == '0' ? '1' : '0';
      String changed = header.substring(0, i) + other + header.substring(i + 1);
      refused(authorization(good, changed), "InvalidSignatureException", MISMATCH);
    }
    refused(authorization(good, header + "00"), "InvalidSignatureException", MISMATCH);
    refused(
        authorization(good, header.substring(0, start) + "none"),
        "InvalidSignatureException",
        MISMATCH);
  }

  @Test
  void an_unknown_key_is_unrecognized() {
    refused(
        signed("nobody", "any"),
        "UnrecognizedClientException",
        "The security token included in the request is invalid.");
  }

  @Test
  void a_clock_more_than_five_minutes_away_is_refused_on_either_side() {
    TestRequest request = signed("test", "any");
    clock.advance(Duration.ofMinutes(5).minusMillis(500));
    verify(request);
    clock.advance(Duration.ofSeconds(1));
    refused(
        request,
        "InvalidSignatureException",
        "Signature expired: 20260122T012202Z is now earlier than 20260122T012203Z"
            + " (20260122T012703Z - 5 min.)");

    TestRequest early = signed("test", "any");
    clock.advance(Duration.ofMinutes(-6));
    refused(
        early,
        "InvalidSignatureException",
        "Signature not yet current: 20260122T012703Z is still later than 20260122T012603Z"
            + " (20260122T012103Z + 5 min.)");
  }

  @Test
  void a_temporary_key_needs_its_token_and_ends() {
    assertThat(verify(session("token"))).isEqualTo(new Caller("111122223333", "eu-west-1"));
    String invalid = "The security token included in the request is invalid.";
    refused(session("other"), "UnrecognizedClientException", invalid);
    refused(signed("guest", "any"), "UnrecognizedClientException", invalid);
    clock.advance(Duration.ofHours(1));
    refused(
        session("token"),
        "ExpiredTokenException",
        "The security token included in the request is expired");
  }

  @Test
  void a_body_may_go_unsigned_only_over_tls() {
    TestRequest request =
        TestRequest.of(
            sign(
                AwsCredentialsIdentity.create("test", "any"),
                SdkHttpRequest.builder().uri(URI.create("https://127.0.0.1:4567/")),
                signer -> signer.putProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, false)),
            BODY);
    assertThat(request.header("x-amz-content-sha256")).isEqualTo("UNSIGNED-PAYLOAD");

    assertThat(verify(request.encrypted())).isNotNull();
    assertThat(verify(request.encrypted().withBody(new byte[] {1}))).isNotNull();
    refused(request, "InvalidSignatureException", MISMATCH);
  }

  @Test
  void the_shape_is_checked_before_the_signature_in_the_services_words() {
    TestRequest good = signed("test", "any");
    String header = good.header("authorization");
    refused(
        good.without("x-amz-date").with("x-amz-date", "201"),
        "IncompleteSignatureException",
        "Date must be in ISO-8601 'basic format'. Got '201'. See"
            + " http://en.wikipedia.org/wiki/ISO_8601");
    refused(
        authorization(good, header.replaceAll("SignedHeaders=[^,]*", "SignedHeaders=x-amz-date")),
        "InvalidSignatureException",
        "'Host' must be a 'SignedHeader' in the AWS Authorization.");
    refused(
        authorization(good, header.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA25")),
        "IncompleteSignatureException",
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now). ");
    refused(
        authorization(good, header.replaceAll("Credential=[^,]*", "Credential=a/b/c/d")),
        "IncompleteSignatureException",
        "Credential must have exactly 5 slash-delimited elements, e.g."
            + " keyid/date/region/service/term, got 'a/b/c/d'");
    refused(
        authorization(good, header.replaceAll("Credential=[^,]*", "Credential=a/b/C/d/e")),
        "InvalidSignatureException",
        "Credential should be scoped to a valid region, not 'C'. Credential should be scoped to"
            + " correct service: 'kinesis'. Credential should be scoped with a valid terminator:"
            + " 'aws4_request', not 'e'. Date in Credential scope does not match YYYYMMDD from"
            + " ISO-8601 version of date from HTTP: 'b' != '20260122', from '20260122T012202Z'.");
  }

  @Test
  void a_key_does_not_print_its_secrets() {
    AccessKey key = new AccessKey("test", "any-secret", "any-token", null, ACCOUNT);

    assertThat(key.toString()).isEqualTo("key test of account " + ACCOUNT);
  }

  @Test
  void bytes_of_any_kind_in_the_header_are_one_of_the_services_errors() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    TestRequest good = signed("test", "any");
    String header = good.header("authorization");
    for (int i = 0; i < 20_000; i++) {
      StringBuilder mutated = new StringBuilder(header);
      for (int j = 0; j <= random.nextInt(5); j++) {
        mutated.setCharAt(random.nextInt(mutated.length()), (char) (32 + random.nextInt(95)));
      }
      if (!mutated.toString().equals(header)) {
        try {
          verify(authorization(good, mutated.toString()));
        } catch (KinesisError refused) {
          assertThat(refused.code())
              .as("seed %d, round %d", seed, i)
              .isIn(
                  "InvalidSignatureException",
                  "IncompleteSignatureException",
                  "UnrecognizedClientException");
        }
      }
    }
  }

  private Caller verify(TestRequest request) {
    return signatures.verify(request, Credentials.claim(request));
  }

  private void refused(TestRequest request, String code, String message) {
    ThrowingCallable verify = () -> verify(request);
    assertThatThrownBy(verify)
        .isInstanceOf(KinesisError.class)
        .hasMessage(message)
        .extracting(error -> ((KinesisError) error).code())
        .isEqualTo(code);
  }

  private static TestRequest authorization(TestRequest request, String header) {
    return request.without("authorization").with("authorization", header);
  }

  private TestRequest signed(String key, String secret) {
    return signed(key, secret, builder -> {});
  }

  private TestRequest signed(String key, String secret, Consumer<SdkHttpRequest.Builder> change) {
    SdkHttpRequest.Builder builder =
        SdkHttpRequest.builder().uri(URI.create("http://127.0.0.1:4567/"));
    change.accept(builder);
    return TestRequest.of(
        sign(AwsCredentialsIdentity.create(key, secret), builder, signer -> {}), BODY);
  }

  private TestRequest session(String token) {
    return TestRequest.of(
        sign(
            AwsSessionCredentialsIdentity.create("guest", "any", token),
            SdkHttpRequest.builder().uri(URI.create("http://127.0.0.1:4567/")),
            signer -> {}),
        BODY);
  }

  private TestRequest presigned(Duration life) {
    return TestRequest.of(
        sign(
            AwsCredentialsIdentity.create("test", "any"),
            SdkHttpRequest.builder().uri(URI.create("http://127.0.0.1:4567/")),
            signer ->
                signer
                    .putProperty(AwsV4HttpSigner.AUTH_LOCATION, AuthLocation.QUERY_STRING)
                    .putProperty(AwsV4HttpSigner.EXPIRATION_DURATION, life)),
        BODY);
  }

  private SdkHttpRequest sign(
      AwsCredentialsIdentity identity,
      SdkHttpRequest.Builder request,
      Consumer<SignRequest.Builder<AwsCredentialsIdentity>> change) {
    SdkHttpRequest unsigned =
        request
            .method(SdkHttpMethod.POST)
            .putHeader("X-Amz-Target", "Kinesis_20131202.DescribeStream")
            .putHeader("Content-Type", "application/x-amz-json-1.1")
            .build();
    return AwsV4HttpSigner.create()
        .sign(
            builder -> {
              builder
                  .identity(identity)
                  .request(unsigned)
                  .payload(ContentStreamProvider.fromByteArray(BODY))
                  .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "kinesis")
                  .putProperty(AwsV4HttpSigner.REGION_NAME, "eu-west-1")
                  .putProperty(
                      HttpSigner.SIGNING_CLOCK, Clock.fixed(clock.instant(), ZoneOffset.UTC));
              change.accept(builder);
            })
        .request();
  }

  private static String text(Random random, String alphabet) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1 + random.nextInt(12); i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }
}
