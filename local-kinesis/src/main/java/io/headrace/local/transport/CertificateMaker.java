package io.headrace.local.transport;

import io.netty.util.NetUtil;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a certificate for a server and the authority that signed it, in milliseconds and without
 * any library. Two, since some clients refuse a server that vouches for itself; the authority's key
 * is forgotten at once, so that whoever trusts it trusts this one server only. Any thread.
 */
final class CertificateMaker {
  private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
  private static final String COMMON_NAME = "2.5.4.3";
  private static final String SUBJECT_KEY = "2.5.29.14";
  private static final String KEY_USAGE = "2.5.29.15";
  private static final String ALTERNATIVE_NAMES = "2.5.29.17";
  private static final String BASIC_CONSTRAINTS = "2.5.29.19";
  private static final String AUTHORITY_KEY = "2.5.29.35";
  private static final String EXTENDED_KEY_USAGE = "2.5.29.37";
  private static final String SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  // Some clients refuse what is valid for more than 825 days; clocks of containers may be behind.
  private static final Duration VALID_FOR = Duration.ofDays(800);
  private static final Duration VALID_BEFORE = Duration.ofDays(2);

  private final SecureRandom random = new SecureRandom();
  private final Instant now;

  private CertificateMaker(Instant now) {
    this.now = now;
  }

  /** An identity for a server that its clients reach under these names and addresses. */
  static ServerIdentity identity(List<String> hosts, Instant now) throws GeneralSecurityException {
    return new CertificateMaker(now).make(hosts);
  }

  private ServerIdentity make(List<String> hosts) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    KeyPair authority = generator.generateKeyPair();
    KeyPair server = generator.generateKeyPair();
    // A name of its own for each authority: clients look for the issuer by name first.
    byte[] issuer = name("Headrace local authority " + serial().toString(36));
    X509Certificate trusted =
        signed(
            authority.getPrivate(), issuer, issuer, authority.getPublic(), ofAuthority(authority));
    X509Certificate own =
        signed(
            authority.getPrivate(),
            issuer,
            name("Headrace local server"),
            server.getPublic(),
            ofServer(server, authority, hosts));
    return new ServerIdentity(server.getPrivate(), List.of(own, trusted), List.of(trusted));
  }

  private X509Certificate signed(
      PrivateKey by, byte[] issuer, byte[] subject, PublicKey key, byte[] extensions)
      throws GeneralSecurityException {
    byte[] algorithm = Der.sequence(Der.oid(ECDSA_WITH_SHA256));
    byte[] content =
        Der.sequence(
            Der.member(0, Der.integer(BigInteger.TWO)),
            Der.integer(serial()),
            algorithm,
            issuer,
            Der.sequence(Der.time(now.minus(VALID_BEFORE)), Der.time(now.plus(VALID_FOR))),
            subject,
            key.getEncoded(),
            extensions);
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(by, random);
    signature.update(content);
    byte[] certificate = Der.sequence(content, algorithm, Der.bits(0, signature.sign()));
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(certificate));
  }

  private static byte[] ofAuthority(KeyPair authority) throws GeneralSecurityException {
    return Der.member(
        3,
        Der.sequence(
            critical(BASIC_CONSTRAINTS, Der.sequence(Der.yes(), Der.integer(BigInteger.ZERO))),
            // Signs certificates.
            critical(KEY_USAGE, Der.bits(2, new byte[] {0x04})),
            extension(SUBJECT_KEY, Der.octets(keyId(authority)))));
  }

  private static byte[] ofServer(KeyPair server, KeyPair authority, List<String> hosts)
      throws GeneralSecurityException {
    return Der.member(
        3,
        Der.sequence(
            critical(BASIC_CONSTRAINTS, Der.sequence()),
            // Signs what it says.
            critical(KEY_USAGE, Der.bits(7, new byte[] {(byte) 0x80})),
            extension(EXTENDED_KEY_USAGE, Der.sequence(Der.oid(SERVER_AUTHENTICATION))),
            extension(SUBJECT_KEY, Der.octets(keyId(server))),
            extension(AUTHORITY_KEY, Der.sequence(Der.choice(0, keyId(authority)))),
            extension(ALTERNATIVE_NAMES, names(hosts))));
  }

  private static byte[] names(List<String> hosts) {
    List<byte[]> names = new ArrayList<>();
    for (String host : hosts) {
      byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
      names.add(
          address != null
              ? Der.choice(IP_ADDRESS, address)
              : Der.choice(DNS_NAME, host.getBytes(StandardCharsets.US_ASCII)));
    }
    return Der.sequence(names.toArray(byte[][]::new));
  }

  private static byte[] keyId(KeyPair pair) throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-1").digest(pair.getPublic().getEncoded());
  }

  private static byte[] critical(String oid, byte[] value) {
    return Der.sequence(Der.oid(oid), Der.yes(), Der.octets(value));
  }

  private static byte[] extension(String oid, byte[] value) {
    return Der.sequence(Der.oid(oid), Der.octets(value));
  }

  private static byte[] name(String commonName) {
    return Der.sequence(Der.set(Der.sequence(Der.oid(COMMON_NAME), Der.utf8(commonName))));
  }

  private BigInteger serial() {
    return new BigInteger(120, random).add(BigInteger.ONE);
  }
}
