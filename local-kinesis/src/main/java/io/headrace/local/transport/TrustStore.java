package io.headrace.local.transport;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;

/**
 * Writes certificates as a PKCS12 store in which they are in clear, since nothing about them is
 * secret, yet under a checksum by password: so a JVM opens it with the usual password, and just as
 * well with none. The JDK itself writes stores of which only one of the two is true. Any thread.
 */
final class TrustStore {
  /** What people type without thinking. */
  static final String PASSWORD = "changeit";

  private static final String DATA = "1.2.840.113549.1.7.1";
  private static final String CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
  private static final String X509 = "1.2.840.113549.1.9.22.1";
  private static final String FRIENDLY_NAME = "1.2.840.113549.1.9.20";
  // A JVM passes over certificates without this mark.
  private static final String TRUSTED_FOR = "2.16.840.1.113894.746875.1.1";
  private static final String ANYTHING = "2.5.29.37.0";
  private static final String SHA_256 = "2.16.840.1.101.3.4.2.1";
  private static final int SALT_BYTES = 20;
  private static final int ITERATIONS = 10_000;

  private TrustStore() {}

  static byte[] of(List<X509Certificate> certificates) throws GeneralSecurityException {
    List<byte[]> bags = new ArrayList<>();
    for (int i = 0; i < certificates.size(); i++) {
      bags.add(bag(certificates.get(i), "headrace-" + i));
    }
    byte[] content = Der.sequence(data(Der.sequence(bags.toArray(byte[][]::new))));
    return Der.sequence(Der.integer(BigInteger.valueOf(3)), data(content), checksum(content));
  }

  private static byte[] bag(X509Certificate certificate, String name)
      throws GeneralSecurityException {
    return Der.sequence(
        Der.oid(CERTIFICATE_BAG),
        Der.member(
            0, Der.sequence(Der.oid(X509), Der.member(0, Der.octets(certificate.getEncoded())))),
        Der.set(
            Der.sequence(
                Der.oid(FRIENDLY_NAME),
                Der.set(Der.wideText(name.getBytes(StandardCharsets.UTF_16BE)))),
            Der.sequence(Der.oid(TRUSTED_FOR), Der.set(Der.oid(ANYTHING)))));
  }

  private static byte[] data(byte[] content) {
    return Der.sequence(Der.oid(DATA), Der.member(0, Der.octets(content)));
  }

  private static byte[] checksum(byte[] content) throws GeneralSecurityException {
    byte[] salt = new byte[SALT_BYTES];
    new SecureRandom().nextBytes(salt);
    Mac mac = Mac.getInstance("HmacPBESHA256");
    mac.init(
        SecretKeyFactory.getInstance("PBE").generateSecret(new PBEKeySpec(PASSWORD.toCharArray())),
        new PBEParameterSpec(salt, ITERATIONS));
    return Der.sequence(
        Der.sequence(
            Der.sequence(Der.oid(SHA_256), Der.nothing()), Der.octets(mac.doFinal(content))),
        Der.octets(salt),
        Der.integer(BigInteger.valueOf(ITERATIONS)));
  }
}
