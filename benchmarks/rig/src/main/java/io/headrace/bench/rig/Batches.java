package io.headrace.bench.rig;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** Requests made before the clock runs, used again and again: 500 records of 200 bytes each. */
public final class Batches {
  public static final int RECORDS = 500;
  public static final int DATA_BYTES = 200;
  private static final int DIFFERENT = 16;

  private final List<PutRecordsRequest> requests = new ArrayList<>();
  private final List<Long> sums = new ArrayList<>();

  Batches(String stream, long seed, Payload payload) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < DIFFERENT; i++) {
      List<PutRecordsRequestEntry> entries = new ArrayList<>();
      long sum = 0;
      for (int j = 0; j < RECORDS; j++) {
        Payload.Item item = payload.next(random);
        sum += item.number();
        entries.add(
            PutRecordsRequestEntry.builder()
                .partitionKey(item.key())
                .data(SdkBytes.fromByteArrayUnsafe(item.data()))
                .build());
      }
      sums.add(sum);
      requests.add(PutRecordsRequest.builder().streamName(stream).records(entries).build());
    }
  }

  PutRecordsRequest get(int index) {
    return requests.get(Math.floorMod(index, DIFFERENT));
  }

  /** The sum of the numbers in the records of so many requests, from the first. */
  long sum(long count) {
    long sum = 0;
    for (long i = 0; i < count; i++) {
      sum += sums.get((int) (i % DIFFERENT));
    }
    return sum;
  }
}
