package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.state.StateCache;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** What is full until a commit, and holes in what is finished: neither may wait for the other. */
class FullAndHolesTest {
  /** As many as a checkpointer stores. */
  private static final int RANGES_MAX = 512;

  private static final int BESIDE_THE_HOT_KEY = 700;

  /** Of the smallest bound on what is not stored yet. */
  private static final int UNSTORED_BYTES_MIN = 1 << 20;

  private record Keeping(String filler) implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      return Next.state(filler + event.value());
    }
  }

  private record Echo(String filler) implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      out.send(event.partitionKey() + " " + event.value() + filler);
      return Next.state(event.value());
    }
  }

  private static int ranges(Rig rig) {
    int ranges = 0;
    boolean before = false;
    for (var record : rig.records) {
      boolean settled = rig.settled.containsKey(record.position());
      ranges += settled && !before ? 1 : 0;
      before = settled;
    }
    return ranges;
  }

  @Test
  void a_full_outbox_lets_holes_close_since_no_commit_could_be_stored_else() {
    var filler = "x".repeat((int) (Outbox.BYTES_MAX / (RANGES_MAX + 50)));
    var spec =
        Rig.reading()
            .keyedBy(Keys.<String>partitionKey(), new Texts())
            .inFlight(4_000)
            .handledBy(
                () -> new Echo(filler),
                Destination.stream("out", new Texts(), value -> value.split(" ", 2)[0]));
    var rig = new Rig(1, spec).withSlowPool(20).start().restore();
    putBesideAHotKey(rig);
    assertThat(rig.outputs).hasSize(rig.records.size());
  }

  private static void putBesideAHotKey(Rig rig) {
    var records = new ArrayList<String>();
    for (int i = 0; i < BESIDE_THE_HOT_KEY; i++) {
      records.add("hot=" + i);
      records.add("k" + i + "=1");
    }
    rig.putAll(records.toArray(String[]::new));
    for (int i = 0; i < 200; i++) {
      rig.advance(500);
      if (ranges(rig) <= RANGES_MAX) {
        rig.commit();
        rig.advance(1_000);
      }
    }
    assertThat(rig.settled).hasSize(records.size());
  }

  /** States that together are more than a worker may hold before they are stored. */
  @Test
  void state_that_is_not_stored_yet_lets_holes_close_since_no_commit_could_be_stored_else() {
    var filler = "x".repeat(UNSTORED_BYTES_MIN / (RANGES_MAX + 50));
    var spec =
        Rig.reading()
            .keyedBy(Keys.<String>partitionKey(), new Texts())
            .inFlight(4_000)
            .handledBy(() -> new Keeping(filler), Destination.<String>nowhere());
    var rig = new Rig(1, spec);
    rig.cache = new StateCache(1);
    rig.withSlowPool(20).start().restore();
    putBesideAHotKey(rig);
    assertThat(rig.stateOf("hot")).contains(filler + (BESIDE_THE_HOT_KEY - 1));
  }
}
