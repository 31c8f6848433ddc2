package io.headrace.local.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** The log against the plainest list that does the same. jqwik prints the seed of a failure. */
class MemoryShardLogProperties {
  private static final long BYTES_MAX = 20_000;

  private enum Verb {
    OFFER,
    TRIM,
    READ,
    FIND,
    CLEAR
  }

  private record Step(Verb verb, int number, int bytes) {}

  @Property
  void it_does_what_a_plain_list_does(@ForAll("steps") List<Step> steps) {
    MemoryBudget budget = new MemoryBudget(BYTES_MAX);
    MemoryShardLog log = new MemoryShardLog(budget);
    List<StoredRecord> model = new ArrayList<>();
    long order = 0;
    long now = 1_000;

    for (Step step : steps) {
      switch (step.verb()) {
        case OFFER -> {
          order += 1 + step.number() % 3;
          now += step.number() % 5;
          StoredRecord record = record(order, now, step.bytes());
          boolean fits = heap(model) + record.heapBytes() <= BYTES_MAX;
          assertThat(log.offer(record)).isEqualTo(fits);
          if (fits) {
            model.add(record);
          }
        }
        case TRIM -> {
          long before = now - step.number();
          log.trimBefore(before);
          model.removeIf(record -> record.arrivalMillis() < before);
        }
        case READ -> {
          int recordsMax = 1 + step.number() % 20;
          assertThat(log.read(step.number(), recordsMax, step.bytes()))
              .isEqualTo(read(model, step.number(), recordsMax, step.bytes()));
          assertThat(log.hasFrom(step.number()))
              .isEqualTo(model.stream().anyMatch(r -> r.order() >= step.number()));
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
        case CLEAR -> {
          log.clear();
          model.clear();
        }
      }
      assertThat(budget.bytes()).isEqualTo(heap(model));
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Verb> verbs =
        Arbitraries.frequency(
            Tuple.of(20, Verb.OFFER),
            Tuple.of(3, Verb.TRIM),
            Tuple.of(6, Verb.READ),
            Tuple.of(4, Verb.FIND),
            Tuple.of(1, Verb.CLEAR));
    return Combinators.combine(
            verbs, Arbitraries.integers().between(0, 200), Arbitraries.integers().between(0, 900))
        .as(Step::new)
        .list()
        .ofMaxSize(200);
  }

  private static StoredRecord record(long order, long arrivalMillis, int bytes) {
    return new StoredRecord(
        new SequenceNumber(1, 0, order, 1), arrivalMillis, "key", new byte[bytes]);
  }

  private static long heap(List<StoredRecord> records) {
    return records.stream().mapToLong(StoredRecord::heapBytes).sum();
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
