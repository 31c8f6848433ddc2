package io.headrace.acceptance.kcl;

import static io.headrace.acceptance.kcl.MovingStream.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.console.HeadraceCommand;
import io.headrace.harness.LocalAws;
import java.nio.file.Path;
import java.time.Duration;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application that never was the library's goes over to it: the export makes the table. */
@Tag("acceptance")
@Timeout(240)
class ToANewKclTableTest {
  private static final String TABLE = "new-" + Moving.STREAM;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir private Path folder;

  @Test
  void the_library_goes_on_from_a_table_that_it_did_not_make() throws Exception {
    try (var aws = LocalAws.start()) {
      var stream = new MovingStream(aws, 2);
      try (var worker = Moving.start(aws)) {
        stream.put(0, "zero-", 5);
        stream.putPacked(1, "packed-", 5);
        await().atMost(PATIENCE).until(() -> Moving.HANDLED.size() == 10);
        stream.split(0);
        stream.put(2, "two-", 5);
        await().atMost(PATIENCE).until(() -> Moving.HANDLED.size() == 15);
      }

      var exported =
          HeadraceCommand.run(
              "export-kcl", Moving.yaml(folder, aws).toString(), "--to", TABLE, "--watch", "1s");

      assertThat(exported.err()).isEmpty();
      assertThat(exported.out()).contains("exported: 3 rows written");
      var library = new MovingKcl(aws, TABLE, "none", "none");
      // Shard 0 has ended and its children stand by themselves, so it needs no row.
      assertThat(library.checkpoints()).containsOnlyKeys(id(1), id(2), id(3));
      assertThat(library.checkpoints().get(id(1))).endsWith(":4");
      assertThat(library.checkpoints().get(id(3))).isEqualTo("TRIM_HORIZON:0");
      var expected = new TreeSet<String>();
      for (int shard = 1; shard <= 3; shard++) {
        expected.addAll(stream.put(shard, "last-" + shard + "-", 2));
      }
      try (var worker = library.goOn()) {
        await().atMost(PATIENCE).until(() -> library.handled.size() >= expected.size());
      }
      assertThat(library.handled).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(library.faults).isEmpty();
    }
  }
}
