package io.headrace.local.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * A log of any kind against the plainest list that does the same. jqwik prints the seed of a
 * failure.
 */
abstract class ShardLogContract {
  static final ShardIdentity SHARD = new ShardIdentity(3, 1_700_000_000L);

  private enum Verb {
    OFFER,
    COMMIT,
    TRIM,
    READ,
    FIND,
    REOPEN
  }

  private record Step(Verb verb, int number, int bytes) {}

  /** A log that is empty. */
  abstract ShardLog empty();

  /** The same log as a server that starts again would find it. */
  abstract ShardLog reopened(ShardLog log, boolean afterKill);

  @Property(tries = 500)
  void it_does_what_a_plain_list_does(@ForAll("steps") List<Step> steps) {
    ShardLog log = empty();
    List<StoredRecord> model = new ArrayList<>();
    List<StoredRecord> offered = new ArrayList<>();
    long order = 0;
    long now = 1_000;
    long horizon = 0;

    for (Step step : steps) {
      if (step.verb() == Verb.OFFER) {
        order += 1 + step.number() % 3;
        now += step.number() % 5;
        StoredRecord record = record(order, now, step.number(), step.bytes());
        log.offer(record);
        offered.add(record);
        continue;
      }
      log.commit();
      model.addAll(offered);
      offered.clear();
      switch (step.verb()) {
        case TRIM -> {
          long before = Math.max(horizon, now - step.number() / 4);
          horizon = before;
          log.trimBefore(before);
          model.removeIf(record -> record.arrivalMillis() < before);
        }
        case READ -> {
          int recordsMax = 1 + step.number() % 20;
          assertThat(texts(log.read(step.number(), recordsMax, step.bytes())))
              .isEqualTo(texts(read(model, step.number(), recordsMax, step.bytes())));
        }
        case FIND -> {
          long millis = 1_000L + step.number();
          assertThat(log.positionAt(millis))
              .isEqualTo(
                  model.stream()
                      .filter(record -> record.arrivalMillis() >= millis)
                      .mapToLong(StoredRecord::order)
                      .findFirst()
                      .orElse(log.end()));
        }
        case REOPEN -> {
          log = reopened(log, step.number() % 2 == 0);
          log.trimBefore(horizon);
        }
        default -> {}
      }
      assertThat(log.end()).isEqualTo(order == 0 ? 0 : order + 1);
      assertThat(log.lastArrivalMillis()).isEqualTo(order == 0 ? 0 : now);
      assertThat(log.hasFrom(step.number()))
          .isEqualTo(model.stream().anyMatch(r -> r.order() >= step.number()));
    }
    log.commit();
    model.addAll(offered);
    assertThat(texts(log.read(0, Integer.MAX_VALUE, Long.MAX_VALUE))).isEqualTo(texts(model));
    log.clear();
    assertThat(log.read(0, 10, 10)).isEmpty();
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Verb> verbs =
        Arbitraries.frequency(
            Tuple.of(20, Verb.OFFER),
            Tuple.of(6, Verb.COMMIT),
            Tuple.of(3, Verb.TRIM),
            Tuple.of(6, Verb.READ),
            Tuple.of(4, Verb.FIND),
            Tuple.of(2, Verb.REOPEN));
    return Combinators.combine(
            verbs, Arbitraries.integers().between(0, 200), Arbitraries.integers().between(0, 900))
        .as(Step::new)
        .list()
        .ofMaxSize(200);
  }

  static StoredRecord record(long order, long arrivalMillis, int seed, int bytes) {
    byte[] data = new byte[bytes];
    Arrays.fill(data, (byte) (order * 31 + seed));
    return new StoredRecord(SHARD, order, arrivalMillis, seed % 2 == 0, "key-é-" + seed, data);
  }

  static List<String> texts(List<StoredRecord> records) {
    return records.stream().map(ShardLogContract::text).toList();
  }

  static String text(StoredRecord record) {
    return "%s at %d%s: %s = %d bytes %x"
        .formatted(
            record.sequenceNumber(),
            record.arrivalMillis(),
            record.isEncrypted() ? " encrypted" : "",
            record.partitionKey(),
            record.data().length,
            Arrays.hashCode(record.data()));
  }

  private static List<StoredRecord> read(
      List<StoredRecord> model, long position, int recordsMax, long bytesMax) {
    List<StoredRecord> read = new ArrayList<>();
    long bytes = 0;
    for (StoredRecord record : model) {
      boolean wanted = record.order() >= position && read.size() < recordsMax;
      if (wanted) {
        bytes += record.payloadBytes();
        if (bytes > bytesMax && !read.isEmpty()) {
          break;
        }
        read.add(record);
      }
    }
    return read;
  }
}
