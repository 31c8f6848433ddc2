package io.headrace.bench.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.ConsumerSettings.Measuring;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Payload;
import io.headrace.bench.rig.PutLoad;
import io.headrace.bench.rig.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real processes: our server, DynamoDB Local, and consumers beside them. */
class ConsumersTest {
  private static final int WARM = 1_000;
  private static final int RECORDS = 2_000;
  private static final String PURCHASES = "purchases";
  private static final Duration ANSWER_MAX = Duration.ofMinutes(3);

  @TempDir private static Path folder;

  private static Consumers consumers;

  private static ServerProcess kinesis;

  private static long check;

  private static long purchasesCheck;

  @BeforeAll
  static void startServers() {
    consumers = Consumers.open(new Checkout(folder), "test");
    kinesis = OwnServer.start("off", 256, folder.resolve("kinesis.log"));
    try (LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.create(Consumers.STREAM);
      check = PutLoad.backlog(client, Consumers.STREAM, Payload.BYTES, WARM + RECORDS, ANSWER_MAX);
      client.create(PURCHASES);
      purchasesCheck =
          PutLoad.backlog(client, PURCHASES, Payload.PURCHASES, WARM + RECORDS, ANSWER_MAX);
    }
  }

  @AfterAll
  static void endServers() {
    kinesis.close();
    consumers.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"HEADRACE_FAN_OUT", "HEADRACE_POLLING", "SDK_FAN_OUT", "SDK_POLLING"})
  void a_consumer_takes_a_backlog_and_says_what_it_took(Contestant contestant) {
    try (Dialogue consumer = start(contestant, check)) {
      Figures figures = Figures.parse(consumer.ask("backlog 150000", ANSWER_MAX));
      assertThat(figures.byName()).containsKeys("backlog.cpu_us", "backlog.records_s");
      assertThat(Figures.parse(consumer.ask("rest 10", ANSWER_MAX)).byName())
          .containsKeys("rest.cpu_ms_s", "rest.threads", "rest.heap_mib");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HEADRACE_KEYED", "SDK_KEYED"})
  void totals_of_purchases_are_made_of_every_purchase_once(Contestant contestant) {
    try (Dialogue consumer =
        consumers.start(
            contestant,
            kinesis.endpoint(),
            new Consumers.Task(PURCHASES, Measuring.BACKLOG, WARM, RECORDS, purchasesCheck))) {
      assertThat(Figures.parse(consumer.ask("backlog 150000", ANSWER_MAX)).byName())
          .containsKeys("backlog.cpu_us", "backlog.allocated_bytes");
    }
  }

  @Test
  void a_backlog_of_other_records_is_no_measurement() {
    try (Dialogue consumer = start(Contestant.SDK_FAN_OUT, check + 1)) {
      assertThatThrownBy(() -> consumer.ask("backlog 150000", ANSWER_MAX))
          .isInstanceOf(NotMeasured.class)
          .hasMessageContaining("they are not the same");
    }
  }

  private static Dialogue start(Contestant contestant, long expected) {
    return consumers.start(
        contestant,
        kinesis.endpoint(),
        new Consumers.Task(Consumers.STREAM, Measuring.BACKLOG, WARM, RECORDS, expected));
  }
}
