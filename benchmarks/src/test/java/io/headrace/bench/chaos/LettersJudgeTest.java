package io.headrace.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records that are handled, filtered, parked and in a letter, mended and played again as it should
 * be; then one thing off. Of the keys, key-5 is stuck, and key-10 waits behind its letters.
 */
class LettersJudgeTest {
  private static final int MENDED = 1_000;
  private static final int AGAIN = 2_000;

  @TempDir Path folder;

  /** By sequence number, as they lie in a line. */
  private final Map<Integer, String> records = new TreeMap<>();

  /** What a test leaves out. */
  private final Set<String> left = new HashSet<>();

  @BeforeEach
  void make_the_folder_of_the_sink() throws IOException {
    Files.createDirectory(folder.resolve("letters"));
  }

  @Test
  void a_run_in_which_all_went_well_has_nothing_against_it() throws IOException {
    goWell();

    Map<String, Long> verdict = LettersJudge.of(folder);

    assertThat(wrong(verdict)).isEmpty();
    assertThat(verdict)
        .containsEntry("records", 18L)
        .containsEntry("handled", 9L)
        .containsEntry("filtered", 3L)
        .containsEntry("parked", 2L)
        .containsEntry("letters", 4L)
        .containsEntry("sorting.letters", 2L)
        .containsEntry("strict.letters", 2L)
        .containsEntry("sinkLettersThatDoNotCount", 1L)
        .containsEntry("ownersKilled", 1L)
        .containsEntry("redriven", 4L);
  }

  @Test
  void a_letter_that_was_lost_from_the_ledger_is_a_lost_record() throws IOException {
    left.add("letter sorting 12");
    goWell();

    assertThat(LettersJudge.of(folder)).containsEntry("lost", 1L);
  }

  @Test
  void a_record_that_is_neither_handled_nor_anywhere_else_is_lost() throws IOException {
    left.add("done sorting 11 100");
    goWell();

    assertThat(LettersJudge.of(folder))
        .containsEntry("lost", 1L)
        .containsEntry("sorting.lost", 1L)
        .containsEntry("notHandledInTheEnd", 1L);
  }

  @Test
  void a_letter_that_lies_in_the_ledger_twice_is_counted() throws IOException {
    goWell();
    letter("look-before", "sorting", 12, "NoUse");

    assertThat(LettersJudge.of(folder)).containsEntry("lettersTwice", 1L);
  }

  @Test
  void a_letter_of_a_record_that_a_later_owner_handled_is_stale() throws IOException {
    goWell();
    enter("sorting", 14, 300, 310);
    letter("look-before", "sorting", 14, "Flaky");
    sink("sorting", 14);
    sealed("worker-2", "sorting", "w2#y!2", 400);
    done("worker-2", "sorting", 14, 420);

    assertThat(LettersJudge.of(folder)).containsEntry("lettersStale", 1L);
  }

  @Test
  void a_letter_of_a_record_that_an_earlier_owner_had_handled_is_none() throws IOException {
    goWell();
    sealed("worker-2", "sorting", "w2#y!2", 400);
    enter("sorting", 14, 410, 420);
    letter("look-before", "sorting", 14, "Flaky");
    sink("sorting", 14);
    // By a process that has slept through the loss of the shard.
    done("worker-1", "sorting", 14, 500);

    assertThat(LettersJudge.of(folder))
        .containsEntry("lettersStale", 0L)
        .containsEntry("sorting.letters", 3L);
  }

  @Test
  void a_letter_that_the_sink_never_got_is_counted() throws IOException {
    left.add("sink sorting 12");
    goWell();

    assertThat(LettersJudge.of(folder)).containsEntry("lettersNotInSink", 1L);
  }

  @Test
  void a_letter_of_a_record_that_nothing_is_wrong_with_is_counted() throws IOException {
    goWell();
    letter("look-before", "sorting", 11, "NoUse");
    sink("sorting", 11);

    assertThat(LettersJudge.of(folder)).containsEntry("lettersWithoutReason", 1L);
  }

  @Test
  void a_record_that_was_handled_although_its_key_waits_is_counted() throws IOException {
    goWell();
    put(16, "key-10", 3, Fate.PLAIN);
    for (String function : Fate.FUNCTIONS) {
      done("worker-1", function, 16, 200);
    }

    assertThat(LettersJudge.of(folder)).containsEntry("handledAgainstReason", 1L);
  }

  @Test
  void a_letter_of_a_key_that_waits_for_nothing_is_counted() throws IOException {
    goWell();
    letter("look-before", Fate.STRICT, 14, "KeyWaits");
    sink(Fate.STRICT, 14);

    assertThat(LettersJudge.of(folder)).containsEntry("lettersWithoutReason", 1L);
  }

  @Test
  void a_filtered_record_that_a_function_saw_is_counted() throws IOException {
    goWell();
    done("worker-1", "sorting", 13, 200);

    assertThat(LettersJudge.of(folder)).containsEntry("filteredAndYetHandled", 1L);
  }

  @Test
  void parked_records_of_which_the_workers_know_nothing_are_counted() throws IOException {
    left.add("parked look-before");
    goWell();

    assertThat(LettersJudge.of(folder)).containsEntry("parkedUntold", 2L);
  }

  @Test
  void a_record_that_no_commit_holds_is_uncommitted() throws IOException {
    left.add("commit strict");
    goWell();

    assertThat(LettersJudge.of(folder)).containsEntry("uncommitted", 6L);
  }

  @Test
  void a_commit_that_holds_a_record_before_its_letter_was_entered_passed_it_over()
      throws IOException {
    goWell();
    commit("sorting", 12, 90);

    assertThat(LettersJudge.of(folder)).containsEntry("passedOver", 3L);
  }

  @Test
  void a_key_that_waits_and_has_a_later_record_handled_first_is_out_of_order() throws IOException {
    goWell();
    done("worker-1", "strict", 12, 1_005);

    assertThat(LettersJudge.of(folder)).containsEntry("orderViolations", 1L);
  }

  @Test
  void letters_that_are_played_in_another_order_than_that_of_their_key_are_counted()
      throws IOException {
    left.add("done sorting 10 1100");
    goWell();
    done("worker-1", "sorting", 10, 1_300);

    assertThat(LettersJudge.of(folder)).containsEntry("orderViolations", 1L);
  }

  @Test
  void letters_that_are_left_and_what_a_second_redrive_does_are_counted() throws IOException {
    goWell();
    letter("look-after", "sorting", 12, "NoUse");
    redrive("sorting", 2, 1, 1);
    done("worker-1", "sorting", 12, AGAIN + 10);

    assertThat(LettersJudge.of(folder))
        .containsEntry("lettersLeft", 1L)
        .containsEntry("redrivenAgain", 1L)
        .containsEntry("redrivesThatFailed", 1L)
        .containsEntry("handledAfterSecondRedrive", 1L);
  }

  /** In a process that could not load another of our classes, the same package's included. */
  @Test
  void the_judge_uses_no_class_of_headrace() throws ReflectiveOperationException, IOException {
    goWell();
    try (var alone = new JudgeAlone()) {
      var judge = alone.loadClass(LettersJudge.class.getName());
      var verdict = judge.getMethod("of", Path.class).invoke(null, folder);

      assertThat(judge).isNotSameAs(LettersJudge.class);
      assertThat(verdict).isEqualTo(LettersJudge.of(folder));
    }
  }

  /** Knows the judge, what it reads, and nothing else of ours. */
  private static final class JudgeAlone extends URLClassLoader {
    JudgeAlone() {
      super(
          new URL[] {LettersJudge.class.getProtectionDomain().getCodeSource().getLocation()},
          LettersJudgeTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("io.headrace.")) {
        return super.loadClass(name, resolve);
      }
      if (!name.matches(
          "io\\.headrace\\.bench\\.chaos\\.((Letters)?(Judge|Testimony)|Fate)(\\$.*)?")) {
        throw new ClassNotFoundException(name + " is not the judge's to know");
      }
      var loaded = findLoadedClass(name);
      return loaded == null ? findClass(name) : loaded;
    }
  }

  private static Map<String, Long> wrong(Map<String, Long> verdict) {
    var wrong = new TreeMap<>(verdict);
    wrong
        .keySet()
        .removeAll(
            Set.of(
                "records",
                "handled",
                "filtered",
                "parked",
                "letters",
                "sinkLines",
                "ownersKilled",
                "sinkLettersThatDoNotCount",
                "duplicates",
                "redriven"));
    wrong.keySet().removeIf(name -> name.contains(".") && !name.endsWith(".lost"));
    wrong.values().removeIf(number -> number == 0);
    return wrong;
  }

  /**
   * Six records: 10 and 12 are wrong for good, 11 is a plain one of another key, 13 is noise, 14
   * and 15 are of a key that is stuck where keys are parked.
   */
  private void goWell() throws IOException {
    put(10, "key-10", 0, Fate.TERMINAL);
    put(11, "key-20", 0, Fate.PLAIN);
    put(12, "key-10", 1, Fate.TERMINAL);
    put(13, "key-10", 2, Fate.NOISE);
    put(14, "key-5", 0, Fate.FLAKY);
    put(15, "key-5", 1, Fate.PLAIN);
    for (String function : Fate.FUNCTIONS) {
      sealed("worker-1", function, "w1#x!1", 50);
      done("worker-1", function, 11, 100);
    }
    for (String function : List.of(Fate.SORTING, Fate.STRICT)) {
      done("worker-1", function, 14, 150);
      done("worker-1", function, 15, 160);
      for (int sequence : List.of(10, 12)) {
        enter(function, sequence, 110 + sequence, 120 + sequence);
        letter(
            "look-before",
            function,
            sequence,
            sequence == 12 && function.equals(Fate.STRICT) ? "KeyWaits" : "NoUse");
        sink(function, sequence);
        done("worker-1", function, sequence, MENDED + sequence * 10);
      }
    }
    // A letter by somebody who lost the shard.
    sink(Fate.SORTING, 14);
    parking();
    for (String function : Fate.FUNCTIONS) {
      commit(function, 14, 500);
      redrive(function, 1, function.equals(Fate.PARKING) ? 0 : 2, 0);
      redrive(function, 2, 0, 0);
    }
    told("parked", "look-before", "{'what':'parked','records':2}");
    told("parked", "look-after", "{'what':'parked','records':0}");
    write("run", "{'what':'mended','tick':" + MENDED + "}");
    write("run", "{'what':'again','tick':" + AGAIN + "}");
  }

  /** There key-5 is stuck; the others are handled. */
  private void parking() throws IOException {
    String function = Fate.PARKING;
    done("worker-1", function, 10, 100);
    done("worker-1", function, 12, 150);
    done("worker-1", function, 14, MENDED + 50);
    done("worker-1", function, 15, MENDED + 60);
  }

  private void put(int sequence, String key, int number, Fate fate) throws IOException {
    String record = record(key, number, fate);
    write("puts", "{'what':'try','record':" + record + "}");
    write(
        "puts", "{'what':'put','record':" + record + ",'shard':'s','sequence':'" + sequence + "'}");
    records.put(sequence, record);
  }

  /** As a JSON string, with quotes in it. */
  private static String record(String key, int number, Fate fate) {
    return "'{\\'key\\':\\'%s\\',\\'number\\':%d,\\'fate\\':\\'%s\\'}'"
        .formatted(key, number, fate);
  }

  private void sealed(String process, String function, String token, long tick) throws IOException {
    write(
        process,
        "{'what':'sealed','function':'%s','shard':'s','token':'%s','sent':%d,'answered':%d,'finished':[]}"
            .formatted(function, token, tick, tick + 1));
  }

  private void done(String process, String function, int sequence, long tick) throws IOException {
    told(
        "done " + function + " " + sequence + " " + tick,
        process,
        "",
        "{'what':'done','function':'%s','record':%s,'shard':'s','sequence':'%d','begun':%d,'done':%d}"
            .formatted(function, records.get(sequence), sequence, tick, tick + 5));
  }

  private void enter(String function, int sequence, long sent, long answered) throws IOException {
    String place = "'function':'%s','shard':'s','sequence':'%d'".formatted(function, sequence);
    write("worker-1", "{'what':'enter',%s,'tick':%d}".formatted(place, sent));
    write("worker-1", "{'what':'entered',%s,'tick':%d,'applied':true}".formatted(place, answered));
  }

  private void letter(String file, String function, int sequence, String code) throws IOException {
    told(
        "letter " + function + " " + sequence,
        file,
        "",
        "{'what':'letter','function':'%s','shard':'s','sequence':'%d','code':'%s'}"
            .formatted(function, sequence, code));
  }

  private void sink(String function, int sequence) throws IOException {
    told(
        "sink " + function + " " + sequence,
        "letters/sink-worker-1",
        "",
        "{'function':'%s','id':'in/s/%d:0'}".formatted(function, sequence));
  }

  private void commit(String function, int through, long sent) throws IOException {
    told(
        "commit " + function,
        "worker-1",
        "",
        "{'what':'commit','function':'%s','shard':'s','token':'w1#x!1','attempt':'%d','sent':%d,'end':false,'finished':[['0','%d']]}"
            .formatted(function, sent, sent, through + 1));
    write(
        "worker-1",
        "{'what':'answer','function':'%s','shard':'s','token':'w1#x!1','attempt':'%d','answered':%d,'applied':true}"
            .formatted(function, sent, sent + 5));
  }

  private void redrive(String function, int round, int letters, int leftOver) throws IOException {
    write(
        "run",
        "{'what':'redrive','function':'%s','round':%d,'letters':%d,'left':%d,'exit':0}"
            .formatted(function, round, letters, leftOver));
  }

  private void told(String what, String file, String line) throws IOException {
    told(what, file, " " + file, line);
  }

  private void told(String what, String file, String suffix, String line) throws IOException {
    if (!left.contains(what + suffix)) {
      write(file, line);
    }
  }

  private void write(String file, String line) throws IOException {
    Files.writeString(
        folder.resolve(file + ".ndjson"),
        line.replace('\'', '"') + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}
