package io.headrace.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** Requests made before the clock runs, used again and again: 500 records of 200 bytes each. */
final class Batches {
  static final int RECORDS = 500;
  static final int DATA_BYTES = 200;
  private static final int DIFFERENT = 16;

  private final List<PutRecordsRequest> requests = new ArrayList<>();

  Batches(String stream, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < DIFFERENT; i++) {
      List<PutRecordsRequestEntry> entries = new ArrayList<>();
      for (int j = 0; j < RECORDS; j++) {
        byte[] data = new byte[DATA_BYTES];
        random.nextBytes(data);
        entries.add(
            PutRecordsRequestEntry.builder()
                .partitionKey("key-" + Integer.toUnsignedString(random.nextInt(), 36))
                .data(SdkBytes.fromByteArrayUnsafe(data))
                .build());
      }
      requests.add(PutRecordsRequest.builder().streamName(stream).records(entries).build());
    }
  }

  PutRecordsRequest get(int index) {
    return requests.get(Math.floorMod(index, DIFFERENT));
  }
}
