package io.headrace.local.protocol;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.KinesisError;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Verifies who signed a request, against the keys that a server was given: in the order and in the
 * words of the service, as far as these are known. Any thread.
 */
public final class Signatures {
  /** How far a client's clock may be from the server's. */
  static final Duration SKEW_MAX = Duration.ofMinutes(5);

  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final String SERVICE = "kinesis";
  private static final String TERM = "aws4_request";
  private static final String UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
  private static final long PRESIGNED_SECONDS_MAX = 604_800;
  private static final DateTimeFormatter BASIC =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final InstantSource clock;
  private final Map<String, AccessKey> keys = new HashMap<>();

  public Signatures(InstantSource clock, Collection<AccessKey> keys) {
    this.clock = clock;
    keys.forEach(key -> this.keys.put(key.id(), key));
  }

  /** Whose request it is; throws what the service answers when that is not proven. */
  Caller verify(Request request, Claim claim) {
    // Requests tell their time in whole seconds.
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Instant signed = signedAt(claim.date());
    requireFresh(request, claim, signed, now);
    if (claim.signedHeaders().stream().noneMatch(CanonicalRequest::isHost)) {
      throw invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
    }
    if (!claim.algorithm().equals(ALGORITHM)) {
      throw incomplete(
          "Unsupported AWS 'algorithm': '%s' (only AWS4-HMAC-SHA256 for now). "
              .formatted(claim.algorithm()));
    }
    String[] scope = claim.credential().split("/");
    if (scope.length != 5) {
      throw incomplete(
          ("Credential must have exactly 5 slash-delimited elements, e.g."
                  + " keyid/date/region/service/term, got '%s'")
              .formatted(claim.credential()));
    }
    String date = BASIC.format(signed);
    requireScope(scope, date);
    AccessKey key = keys.get(scope[0]);
    if (key == null) {
      throw unrecognized();
    }
    byte[] expected = signature(request, claim, key, scope, date);
    if (!isEqual(expected, claim.signature())) {
      throw invalid(
          "The request signature we calculated does not match the signature you provided. Check"
              + " your AWS Secret Access Key and signing method. Consult the service documentation"
              + " for details.");
    }
    requireToken(claim.sessionToken(), key, clock.instant());
    return new Caller(key.account(), scope[2]);
  }

  private static Instant signedAt(String date) {
    try {
      return LocalDateTime.parse(date, BASIC).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException notBasic) {
      try {
        return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      } catch (DateTimeException notRfc) {
        throw incomplete(
            ("Date must be in ISO-8601 'basic format'. Got '%s'. See"
                    + " http://en.wikipedia.org/wiki/ISO_8601")
                .formatted(date));
      }
    }
  }

  private static void requireFresh(Request request, Claim claim, Instant signed, Instant now) {
    Duration life = SKEW_MAX;
    String expires = claim.isInQuery() ? request.query("X-Amz-Expires") : null;
    if (expires != null) {
      life = Duration.ofSeconds(presignedSeconds(expires));
    }
    if (signed.isBefore(now.minus(life))) {
      throw invalid(
          "Signature expired: %s is now earlier than %s (%s - %d min.)"
              .formatted(
                  BASIC.format(signed),
                  BASIC.format(now.minus(life)),
                  BASIC.format(now),
                  life.toMinutes()));
    }
    if (signed.isAfter(now.plus(SKEW_MAX))) {
      throw invalid(
          "Signature not yet current: %s is still later than %s (%s + %d min.)"
              .formatted(
                  BASIC.format(signed),
                  BASIC.format(now.plus(SKEW_MAX)),
                  BASIC.format(now),
                  SKEW_MAX.toMinutes()));
    }
  }

  private static long presignedSeconds(String expires) {
    try {
      long seconds = Long.parseLong(expires);
      if (seconds >= 0 && seconds <= PRESIGNED_SECONDS_MAX) {
        return seconds;
      }
    } catch (NumberFormatException e) {
      // No number is as bad as one out of range.
    }
    throw incomplete(
        "X-Amz-Expires must be a number of seconds from 0 to %d. Got '%s'."
            .formatted(PRESIGNED_SECONDS_MAX, expires));
  }

  private static void requireScope(String[] scope, String date) {
    StringBuilder wrong = new StringBuilder();
    if (!scope[2].matches("[a-z0-9-]{1,64}")) {
      wrong.append("Credential should be scoped to a valid region, not '");
      wrong.append(scope[2]).append("'. ");
    }
    if (!scope[3].equals(SERVICE)) {
      wrong.append("Credential should be scoped to correct service: '");
      wrong.append(SERVICE).append("'. ");
    }
    if (!scope[4].equals(TERM)) {
      wrong.append("Credential should be scoped with a valid terminator: 'aws4_request', not '");
      wrong.append(scope[4]).append("'. ");
    }
    if (!scope[1].equals(date.substring(0, 8))) {
      wrong.append(
          ("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from"
                  + " HTTP: '%s' != '%s', from '%s'.")
              .formatted(scope[1], date.substring(0, 8), date));
    }
    if (!wrong.isEmpty()) {
      throw invalid(wrong.toString());
    }
  }

  private static byte[] signature(
      Request request, Claim claim, AccessKey key, String[] scope, String date) {
    String canonical = CanonicalRequest.text(request, claim.signedHeaders(), payloadHash(request));
    String toSign =
        String.join(
            "\n",
            ALGORITHM,
            date,
            String.join("/", scope[1], scope[2], scope[3], scope[4]),
            sha256(canonical.getBytes(StandardCharsets.UTF_8)));
    byte[] signing = key.seed();
    for (String part : new String[] {scope[1], scope[2], scope[3], scope[4]}) {
      signing = hmac(signing, part);
    }
    return hmac(signing, toSign);
  }

  // A body may go unsigned only where nobody on the way can change it.
  private static String payloadHash(Request request) {
    boolean unsigned = UNSIGNED_PAYLOAD.equals(request.header("x-amz-content-sha256"));
    return unsigned && request.isEncrypted() ? UNSIGNED_PAYLOAD : sha256(request.body());
  }

  private static void requireToken(@Nullable String token, AccessKey key, Instant now) {
    String wanted = key.sessionToken();
    byte[] given = (token == null ? "" : token).getBytes(StandardCharsets.UTF_8);
    if (!MessageDigest.isEqual(
        given, (wanted == null ? "" : wanted).getBytes(StandardCharsets.UTF_8))) {
      throw unrecognized();
    }
    if (key.isExpired(now)) {
      throw KinesisError.of(
          "ExpiredTokenException", "The security token included in the request is expired");
    }
  }

  // In constant time, or the time of an answer would tell how much of a guess was right.
  private static boolean isEqual(byte[] expected, String hex) {
    try {
      return MessageDigest.isEqual(expected, HexFormat.of().parseHex(hex));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has HMAC with SHA-256", e);
    }
  }

  private static KinesisError invalid(String message) {
    return KinesisError.of("InvalidSignatureException", message);
  }

  private static KinesisError incomplete(String message) {
    return KinesisError.of("IncompleteSignatureException", message);
  }

  private static KinesisError unrecognized() {
    return KinesisError.of(
        "UnrecognizedClientException", "The security token included in the request is invalid.");
  }
}
