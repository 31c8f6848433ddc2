package io.headrace.bench.rig;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** What the records of a backlog hold: {@link Batches#DATA_BYTES} each. */
public enum Payload {
  /** Random bytes, a key for each record; the number is in the bytes 1 to 8. */
  BYTES {
    @Override
    Item next(SplittableRandom random) {
      byte[] data = new byte[Batches.DATA_BYTES];
      random.nextBytes(data);
      return new Item(
          "key-" + Integer.toUnsignedString(random.nextInt(), 36),
          data,
          Backlog.number(ByteBuffer.wrap(data)));
    }
  },
  /** A purchase as JSON; its account is the key, of which there are {@link #ACCOUNTS}. */
  PURCHASES {
    @Override
    Item next(SplittableRandom random) {
      String account = "account-" + random.nextInt(ACCOUNTS);
      int cents = 1 + random.nextInt(100_000);
      long number = random.nextLong();
      String json =
          "{\"number\":%d,\"account\":\"%s\",\"cents\":%d,\"currency\":\"EUR\",\"merchant\":\""
              .formatted(number, account, cents);
      String rest = "\"}";
      String merchant = "m".repeat(Batches.DATA_BYTES - json.length() - rest.length());
      return new Item(
          account, (json + merchant + rest).getBytes(StandardCharsets.US_ASCII), number);
    }
  };

  /** So many keys have state. */
  public static final int ACCOUNTS = 10_000;

  /**
   * A record that is to be put.
   *
   * @param number what it adds to the sum by which {@link Backlog} knows that all came once
   */
  record Item(String key, byte[] data, long number) {}

  abstract Item next(SplittableRandom random);
}
