package io.headrace.acceptance.kcl;

import static io.headrace.acceptance.kcl.MovingStream.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.console.HeadraceCommand;
import io.headrace.harness.LocalAws;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.kinesis.leases.exceptions.LeasingException;

/**
 * The real library reads a part of a stream, Headrace goes on, and the library again.
 *
 * <pre>
 *   shard 0 --split by the time of the library--> 2, 3
 *   shard 2 --split by the time of Headrace-----> 4, 5
 * </pre>
 */
@Timeout(240)
class FromTheKclAndBackTest {
  private static final String TABLE = "library-" + Moving.STREAM;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** The library renews each lease every 3.3 seconds, and later on a machine that is busy. */
  private static final String WATCH_ALIVE = "8s";

  @TempDir private Path folder;

  private final Collection<String> put = new TreeSet<>();

  @Test
  void every_record_is_handled_once_by_one_of_them() throws Exception {
    try (var aws = LocalAws.start()) {
      var stream = new MovingStream(aws, 2);
      var library = new MovingKcl(aws, TABLE, "packed-4", id(3));
      readByTheLibrary(aws, stream, library);
      var before = library.checkpoints();
      assertThat(before.get(id(0))).isEqualTo("SHARD_END:0");
      assertThat(before.get(id(1))).endsWith(":4");
      assertThat(before.get(id(3))).isEqualTo("TRIM_HORIZON:0");
      assertThat(library.faults).isEmpty();

      var dry = command(aws, "import-kcl", "--from", TABLE, "--dry-run", "--json");
      assertThat(dry.out()).contains("\"dryRun\":true").contains("\"written\":0");
      var imported = command(aws, "import-kcl", "--from", TABLE);
      assertThat(imported.out()).contains("imported: 4 progress items written, 0 as they were");
      var again = command(aws, "import-kcl", "--from", TABLE);
      assertThat(again.out()).contains("imported: 0 progress items written, 4 as they were");
      System.out.print(imported.out());

      readByHeadrace(aws, stream);
      assertThat(Moving.HANDLED).doesNotContainAnyElementsOf(library.handled);
      var both = new ArrayList<>(library.handled);
      both.addAll(Moving.HANDLED);
      assertThat(both).containsExactlyInAnyOrderElementsOf(put);

      var exported = command(aws, "export-kcl", "--to", TABLE);
      System.out.print(exported.out());
      assertThat(exported.out()).contains("5 records will be seen again");
      assertThat(library.checkpoints().get(id(2))).isEqualTo("SHARD_END:0");
      var refused = HeadraceCommand.run(args(aws, "import-kcl", "--from", TABLE, "--watch", "1s"));
      assertThat(refused.exitCode()).isEqualTo(2);
      assertThat(refused.err()).contains("has progress already").contains("--force");
      readByTheLibraryAgain(aws, stream);
    }
  }

  /** Of shard 1 up to the middle of an aggregate, of shard 3 nothing. */
  private void readByTheLibrary(LocalAws aws, MovingStream stream, MovingKcl library)
      throws LeasingException, IOException, InterruptedException {
    put.addAll(stream.put(0, "zero-", 5));
    put.addAll(stream.put(1, "one-", 5));
    try (var worker = library.begin()) {
      await().atMost(PATIENCE).until(() -> library.handled.size() == 10);
      stream.split(0);
      put.addAll(stream.put(2, "two-", 5));
      put.addAll(stream.put(3, "three-", 5));
      put.addAll(stream.putPacked(1, "packed-", 10));
      await().atMost(PATIENCE).until(() -> library.handled.size() == 20);
      // The row is written behind the list.
      await().atMost(PATIENCE).until(() -> library.checkpoints().get(id(1)).endsWith(":4"));
      await().atMost(PATIENCE).until(() -> library.rows().containsKey(id(3)));

      var refused =
          HeadraceCommand.run(args(aws, "import-kcl", "--from", TABLE, "--watch", WATCH_ALIVE));

      assertThat(refused.exitCode()).isEqualTo(2);
      assertThat(refused.err())
          .hasLineCount(1)
          .contains("KCL table " + TABLE)
          .contains("the KCL is running; stop all its workers first");
      var rehearsed = rehearsed(aws);
      assertThat(rehearsed.exitCode()).isZero();
      assertThat(rehearsed.out()).contains("note: KCL table").contains("4 progress items would be");
    }
  }

  /** As it writes nothing, it may be done until it has seen a renewal. */
  private HeadraceCommand rehearsed(LocalAws aws) throws IOException {
    var args = args(aws, "import-kcl", "--from", TABLE, "--watch", "4s", "--dry-run");
    var run = HeadraceCommand.run(args);
    for (int more = 0; more < 9 && !run.out().contains("note: KCL table"); more++) {
      run = HeadraceCommand.run(args);
    }
    return run;
  }

  private void readByHeadrace(LocalAws aws, MovingStream stream) throws IOException {
    try (var worker = Moving.start(aws)) {
      put.addAll(stream.put(1, "more-one-", 5));
      put.addAll(stream.put(2, "more-two-", 5));
      await().atMost(PATIENCE).until(() -> Moving.HANDLED.size() == 20);
      stream.split(2);
      put.addAll(stream.put(4, "four-", 5));
      stream.put(3, Moving.STUCK);
      put.addAll(stream.put(3, "behind-", 5));
      await().atMost(PATIENCE).until(() -> Moving.HANDLED.size() == 30);
      var refused = HeadraceCommand.run(args(aws, "export-kcl", "--to", TABLE, "--watch", "4s"));
      assertThat(refused.exitCode()).isEqualTo(2);
      assertThat(refused.err()).contains("is running; stop all its workers first");
    }
  }

  private void readByTheLibraryAgain(LocalAws aws, MovingStream stream)
      throws InterruptedException {
    var library = new MovingKcl(aws, TABLE, "none", "none");
    var expected = new TreeSet<>(Set.of(Moving.STUCK));
    for (int i = 0; i < 5; i++) {
      expected.add("behind-" + i);
    }
    for (int shard : new int[] {1, 3, 4, 5}) {
      expected.addAll(stream.put(shard, "last-" + shard + "-", 2));
    }
    try (var worker = library.goOn()) {
      await().atMost(PATIENCE).until(() -> library.handled.size() >= expected.size());
    }
    assertThat(library.handled).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(library.faults).isEmpty();
  }

  private HeadraceCommand command(LocalAws aws, String... args) throws IOException {
    var all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--watch", "1s"));
    var run = HeadraceCommand.run(args(aws, all.toArray(String[]::new)));
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    return run;
  }

  private String[] args(LocalAws aws, String... args) throws IOException {
    var all = new ArrayList<>(List.of(args));
    all.add(1, Moving.yaml(folder, aws).toString());
    return all.toArray(String[]::new);
  }
}
