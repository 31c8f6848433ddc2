package io.headrace.local.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.CRC32;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Wraps what a client must hand back but not read: shard iterators and page tokens. Encrypted so
 * that no client comes to lean on the content, as none can at the service; it protects nothing, so
 * the key is the same in every server, and an iterator means the same after a restart.
 *
 * <p>Form: seven bytes 0 and one byte 1, then whole blocks of 16 bytes, all in Base64.
 */
final class OpaqueToken {
  private static final byte[] VERSION = {0, 0, 0, 0, 0, 0, 0, 1};
  private static final int CHECK_BYTES = 4;
  private static final long PAGE_LIFE_MILLIS = 300_000;
  private static final SecretKeySpec KEY = key();
  private static final IvParameterSpec START = new IvParameterSpec(new byte[16]);

  private OpaqueToken() {}

  static String seal(byte[] content) {
    byte[] checked = Arrays.copyOf(content, content.length + CHECK_BYTES);
    writeCheck(content, checked);
    byte[] encrypted = cipher(Cipher.ENCRYPT_MODE, checked);
    byte[] token = Arrays.copyOf(VERSION, VERSION.length + encrypted.length);
    System.arraycopy(encrypted, 0, token, VERSION.length, encrypted.length);
    return Base64.getEncoder().encodeToString(token);
  }

  /** The content, or empty when {@link #seal} did not make the token. */
  static Optional<byte[]> open(String token) {
    try {
      byte[] bytes = Base64.getDecoder().decode(token);
      if (!Arrays.equals(Arrays.copyOf(bytes, VERSION.length), VERSION)) {
        return Optional.empty();
      }
      byte[] checked =
          cipher(Cipher.DECRYPT_MODE, Arrays.copyOfRange(bytes, VERSION.length, bytes.length));
      byte[] content = Arrays.copyOf(checked, Math.max(0, checked.length - CHECK_BYTES));
      byte[] expected = Arrays.copyOf(content, content.length + CHECK_BYTES);
      writeCheck(content, expected);
      return Arrays.equals(expected, checked) ? Optional.of(content) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * The content of a token for the next page of a list, which begins with the time it was made at
   * and is longer than {@code fixedBytes}. Throws the service's errors when it is none or too old.
   */
  static ByteBuffer openPage(String token, int fixedBytes, long nowMillis) {
    Optional<byte[]> content = open(token);
    if (content.isEmpty() || content.get().length <= fixedBytes) {
      throw KinesisError.invalidArgument("Invalid NextToken.");
    }
    ByteBuffer bytes = ByteBuffer.wrap(content.get());
    if (nowMillis - bytes.getLong(0) > PAGE_LIFE_MILLIS) {
      throw KinesisError.of("ExpiredNextTokenException", "NextToken has expired.");
    }
    return bytes;
  }

  private static void writeCheck(byte[] content, byte[] checked) {
    CRC32 crc = new CRC32();
    crc.update(content);
    long value = crc.getValue();
    for (int i = 0; i < CHECK_BYTES; i++) {
      checked[content.length + i] = (byte) (value >>> (8 * i));
    }
  }

  private static byte[] cipher(int mode, byte[] input) {
    try {
      Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
      cipher.init(mode, KEY, START);
      return cipher.doFinal(input);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a token of this server", e);
    }
  }

  private static SecretKeySpec key() {
    try {
      byte[] name = "headrace local-kinesis".getBytes(StandardCharsets.UTF_8);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(name);
      return new SecretKeySpec(digest, "AES");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
