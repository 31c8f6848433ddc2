package io.headrace.bench.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import io.headrace.function.json.Json;
import io.headrace.samples.analytics.DelaysOfDay;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExactJudgeTest {
  private static final String DAY =
      "{\"airport\":\"ABE\",\"day\":\"2001-01-01T00:00:00Z\",\"flights\":2,\"delayMinutes\":21,"
          + "\"lateFlights\":1,\"meanDelay\":10.5,\"shareLate\":0.5}";
  private static final String ALARM = "{\"scenario\":\"VELOCITY_BURST\",\"payment\":7}";

  @TempDir private Path folder;

  @BeforeEach
  void two_fleets_of_which_each_has_done_all() throws IOException {
    Files.writeString(
        folder.resolve("flights.csv"),
        """
        date,origin,destination,delay_minutes,distance_miles
        2001/01/01 06:00,ABE,ATL,16,692
        2001/01/01 23:59,ABE,ORD,5,655
        """);
    for (String fleet : new String[] {"plain", "disturbed"}) {
      Files.createDirectories(folder.resolve(fleet));
      line(fleet, "run", "{'what':'put','stream':'flights','records':2}");
      line(fleet, "run", "{'what':'put','stream':'card-payments','records':9}");
      output(fleet, fleet + "-1", DAY);
      output(fleet, fleet + "-2", ALARM);
      state(fleet, 1, "{\"last\":9}");
    }
  }

  /** The judge knows no class of the samples': here it shows when their outputs change. */
  @Test
  void days_are_read_as_the_sample_tells_them() {
    DelaysOfDay told =
        new DelaysOfDay("ABE", Instant.parse("2001-01-01T00:00:00Z"), 2, 21, 1, 10.5, 0.5);

    assertThat(new String(Json.of(DelaysOfDay.class).encode(told), UTF_8)).isEqualTo(DAY);
  }

  private void line(String fleet, String file, String text) throws IOException {
    write(fleet, file, text.replace('\'', '"') + "\n");
  }

  private void write(String fleet, String file, String text) throws IOException {
    Files.writeString(
        folder.resolve(fleet).resolve(file + ".ndjson"),
        text,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private void output(String fleet, String id, String value) throws IOException {
    String data = Base64.getEncoder().encodeToString(packed(id, value));
    line(fleet, "outputs", "{'what':'output','data':'" + data + "'}");
  }

  private void state(String fleet, int version, String text) throws IOException {
    write(
        fleet,
        "state",
        "{\"what\":\"state\",\"function\":\"card-fraud\",\"key\":\"card-1\",\"kind\":\"STATE\","
            + "\"suffix\":\"\",\"version\":"
            + version
            + ",\"text\":\""
            + text.replace("\"", "\\\"")
            + "\"}\n");
  }

  private void forget(String fleet, String file) throws IOException {
    Files.delete(folder.resolve(fleet).resolve(file + ".ndjson"));
  }

  /** A record with its id beside it: fields as protocol buffers write them. */
  private static byte[] packed(String id, String value) {
    byte[] tag = joined(field(1, "headrace-id".getBytes(UTF_8)), field(2, id.getBytes(UTF_8)));
    byte[] record = joined(new byte[] {8, 0}, field(3, value.getBytes(UTF_8)), field(4, tag));
    return joined(
        new byte[] {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2},
        field(1, "key".getBytes(UTF_8)),
        field(3, record),
        new byte[16]);
  }

  private static byte[] field(int number, byte[] content) {
    int length = content.length;
    byte[] head = {
      (byte) ((number << 3) | 2), (byte) ((length & 0x7F) | 0x80), (byte) ((length >> 7) & 0x7F)
    };
    return joined(head, content);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private Map<String, Long> verdict() throws IOException {
    return ExactJudge.of(folder);
  }

  @Test
  void equal_results_are_equal_whatever_their_ids_and_the_version_of_the_state()
      throws IOException {
    forget("disturbed", "state");
    state("disturbed", 2, "{\"v2_last\":9}");
    output("disturbed", "disturbed-2", ALARM);
    assertThat(verdict())
        .containsEntry("days", 1L)
        .containsEntry("alarms", 1L)
        .containsEntry("states", 1L)
        .containsEntry("statesOfSecondVersion", 1L)
        .containsEntry("outputsSentAgain", 1L)
        .containsEntry("daysNotAsFolded", 0L)
        .containsEntry("daysMissing", 0L)
        .containsEntry("alarmsMissing", 0L)
        .containsEntry("statesDifferent", 0L)
        .containsEntry("outputsOfOneName", 0L)
        .containsEntry("idsWithTwoValues", 0L);
  }

  @Test
  void what_is_missing_different_or_too_much_is_counted() throws IOException {
    forget("disturbed", "outputs");
    forget("disturbed", "state");
    output("disturbed", "a", DAY.replace("10.5", "10.500000000000002"));
    output("disturbed", "b", ALARM.replace("7", "8"));
    state("disturbed", 1, "{\"last\":8}");
    assertThat(verdict())
        .containsEntry("daysDifferent", 1L)
        .containsEntry("daysNotAsFolded", 1L)
        .containsEntry("undisturbed.daysNotAsFolded", 0L)
        .containsEntry("alarmsMissing", 1L)
        .containsEntry("alarmsExtra", 1L)
        .containsEntry("statesDifferent", 1L);
  }

  @Test
  void one_id_with_two_values_and_one_output_under_two_ids_are_found() throws IOException {
    output("disturbed", "disturbed-1", DAY.replace("21", "22"));
    output("disturbed", "another", ALARM);
    assertThat(verdict())
        .containsEntry("idsWithTwoValues", 1L)
        .containsEntry("outputsOfOneName", 1L);
  }

  @Test
  void a_kill_counts_for_an_owner_while_no_other_has_sealed_the_shard() throws IOException {
    String sealed = "{'what':'sealed','function':'card-fraud','shard':'s','answered':";
    line("disturbed", "worker-1-1", sealed + "10}");
    line("disturbed", "worker-2-1", sealed + "30}");
    line("disturbed", "run", "{'what':'kill','file':'worker-1-1','tick':20}");
    line("disturbed", "run", "{'what':'kill','file':'worker-1-1','tick':40}");
    assertThat(verdict())
        .containsEntry("kills", 2L)
        .containsEntry("killsOfOwners", 1L)
        .containsEntry("killsOfOwnersOfPayments", 1L)
        .containsEntry("killsOfOwnersOfFlights", 0L);
  }

  @Test
  void a_part_of_the_roll_counts_when_the_process_ran_that_version() throws IOException {
    line("disturbed", "worker-1-1", "{'what':'started','version':2}");
    line("disturbed", "worker-1-2", "{'what':'started','version':2}");
    line("disturbed", "run", "{'what':'turn','phase':1,'version':2,'file':'worker-1-1'}");
    line("disturbed", "run", "{'what':'turn','phase':2,'version':1,'file':'worker-1-2'}");
    assertThat(verdict()).containsEntry("partsOfRoll", 1L);
  }

  @Test
  void a_run_with_nothing_to_judge_misses_its_targets() throws IOException {
    var plan =
        new ExactPlan(
            Duration.ofMinutes(1), Duration.ofSeconds(5), 3, Duration.ofSeconds(3), 1_000, 1);
    var outcome = new ExactRun.Outcome(new Verdict(verdict()), 0, 0, 1, 1);
    var report = new ExactReport(plan, Map.of(), outcome);
    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.targets().stream().filter(target -> !target.met()).map(Target::name))
        .containsExactlyInAnyOrder(
            "payments, at least",
            "kills, at least",
            "parts of the roll, at least",
            "killsOfOwnersOfFlights, at least",
            "killsOfOwnersOfPayments, at least",
            "statesOfSecondVersion, at least");
    assertThat(report.targets().get(0).measured()).extracting(Samples::median).isEqualTo(9.0);
  }
}
