package io.headrace.local.transport;

import io.headrace.local.LocalKinesisException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a certificate and its key from files of a user. Every failure is a sentence that names the
 * file and says what to do. Any thread.
 */
public final class IdentityFiles {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----([^-]*)-----END ");
  private static final Pattern CERTIFICATE =
      Pattern.compile("-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----");

  private IdentityFiles() {}

  /** A PKCS12 file with a private key and its certificates. */
  public static ServerIdentity pkcs12(Path file, String password) {
    byte[] bytes = bytes(file);
    char[] secret = password.toCharArray();
    KeyStore store;
    try {
      store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(bytes), secret);
    } catch (GeneralSecurityException | IOException e) {
      throw new LocalKinesisException(
          file + " is no PKCS12 file, or its password is not the one given.", e);
    }
    try {
      for (String alias : Collections.list(store.aliases())) {
        if (store.getKey(alias, secret) instanceof PrivateKey key) {
          return identity(file, key, chain(store.getCertificateChain(alias)));
        }
      }
    } catch (GeneralSecurityException e) {
      throw new LocalKinesisException(
          "the key in " + file + " has another password than the file: give both the same.", e);
    }
    throw new LocalKinesisException(
        file
            + " holds no private key: make one with openssl pkcs12 -export -inkey KEY -in"
            + " CERTIFICATE -out "
            + file,
        null);
  }

  /** A PEM file with the server's certificate first, and one with its key without a password. */
  public static ServerIdentity pem(Path certificates, Path key) {
    return identity(key, privateKey(key), chain(certificates));
  }

  private static List<X509Certificate> chain(Path file) {
    List<X509Certificate> chain = new ArrayList<>();
    Matcher matcher = CERTIFICATE.matcher(text(file));
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      while (matcher.find()) {
        InputStream in =
            new ByteArrayInputStream(matcher.group().getBytes(StandardCharsets.ISO_8859_1));
        chain.add((X509Certificate) factory.generateCertificate(in));
      }
    } catch (GeneralSecurityException e) {
      throw new LocalKinesisException(
          "certificate " + (chain.size() + 1) + " in " + file + " is damaged.", e);
    }
    if (chain.isEmpty()) {
      throw new LocalKinesisException(
          file + " holds no certificate: there is no -----BEGIN CERTIFICATE----- in it.", null);
    }
    return chain;
  }

  private static List<X509Certificate> chain(Certificate @Nullable [] certificates) {
    List<X509Certificate> chain = new ArrayList<>();
    if (certificates != null) {
      for (Certificate certificate : certificates) {
        chain.add((X509Certificate) certificate);
      }
    }
    return chain;
  }

  private static PrivateKey privateKey(Path file) {
    Matcher matcher = KEY.matcher(text(file));
    if (!matcher.find()) {
      throw new LocalKinesisException(
          file + " holds no key: there is no -----BEGIN PRIVATE KEY----- in it.", null);
    }
    if (!matcher.group(1).isEmpty()) {
      throw new LocalKinesisException(
          "the key in "
              + file
              + " has the form \""
              + matcher.group(1).trim()
              + "\": turn it into a plain one with openssl pkcs8 -topk8 -nocrypt -in "
              + file,
          null);
    }
    byte[] encoded;
    try {
      encoded = Base64.getMimeDecoder().decode(matcher.group(2));
    } catch (IllegalArgumentException e) {
      throw damagedKey(file, e);
    }
    GeneralSecurityException last = null;
    for (String algorithm : List.of("EC", "RSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      } catch (GeneralSecurityException e) {
        last = e;
      }
    }
    throw damagedKey(file, last);
  }

  private static LocalKinesisException damagedKey(Path file, @Nullable Exception cause) {
    return new LocalKinesisException(
        "the key in " + file + " is damaged, or neither an EC nor an RSA key.", cause);
  }

  private static ServerIdentity identity(
      Path keyFile, PrivateKey key, List<X509Certificate> chain) {
    if (chain.isEmpty()) {
      throw new LocalKinesisException("the key in " + keyFile + " has no certificate.", null);
    }
    if (!belongTogether(key, chain.get(0).getPublicKey())) {
      throw new LocalKinesisException(
          "the key in "
              + keyFile
              + " is not that of the certificate for \""
              + chain.get(0).getSubjectX500Principal()
              + "\": give the key with which this certificate was made.",
          null);
    }
    return new ServerIdentity(key, chain, chain);
  }

  private static boolean belongTogether(PrivateKey key, PublicKey other) {
    if (!key.getAlgorithm().equals(other.getAlgorithm())) {
      return false;
    }
    try {
      Signature signature =
          Signature.getInstance(
              key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA");
      byte[] something = {1, 2, 3};
      signature.initSign(key);
      signature.update(something);
      byte[] signed = signature.sign();
      signature.initVerify(other);
      signature.update(something);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static String text(Path file) {
    return new String(bytes(file), StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new LocalKinesisException(file + " is not there.", e);
    } catch (IOException e) {
      throw new LocalKinesisException(
          file + " cannot be read: it must be a file that this user may read.", e);
    }
  }
}
