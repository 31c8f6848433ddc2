package io.headrace.local.protocol;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One key that a strict server knows, and whose it is. No record, so that nothing prints what is
 * secret about it. Immutable.
 */
public final class AccessKey {
  private final String id;
  private final byte[] secret;
  private final @Nullable String sessionToken;
  private final @Nullable Instant expires;
  private final String account;

  /**
   * A key.
   *
   * @param sessionToken what comes with a temporary key, or null for a lasting one
   * @param expires when it ends, or null for never
   * @throws IllegalArgumentException when one of them makes no sense; the message tells no secret
   */
  public AccessKey(
      String id,
      String secret,
      @Nullable String sessionToken,
      @Nullable Instant expires,
      String account) {
    if (!id.matches("\\w{1,128}")) {
      throw new IllegalArgumentException(
          "accessKey must be 1 to 128 letters, digits and _ but is '" + id + "'");
    }
    if (secret.isEmpty()) {
      throw new IllegalArgumentException("the secret of accessKey " + id + " is empty");
    }
    if (!account.matches("\\d{12}")) {
      throw new IllegalArgumentException("account must be 12 digits but is '" + account + "'");
    }
    this.id = id;
    this.secret = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
    this.sessionToken = sessionToken;
    this.expires = expires;
    this.account = account;
  }

  public String id() {
    return id;
  }

  public String account() {
    return account;
  }

  /** Where the derivation of a signing key begins. Nobody writes to it. */
  byte[] seed() {
    return secret;
  }

  @Nullable String sessionToken() {
    return sessionToken;
  }

  boolean isExpired(Instant now) {
    return expires != null && !now.isBefore(expires);
  }

  @Override
  public String toString() {
    return "key " + id + " of account " + account;
  }
}
