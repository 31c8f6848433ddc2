package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A key that an operator holds: its records keep their place in event time. */
class HeldWindowsTest {
  private static final class Numbered extends Listing {
    @Override
    public void close(Window window, String sum, Output<String> out) {
      out.send(window.revision() + " " + window.key() + ": " + sum.strip());
    }
  }

  private static Rig rig(Windows windows) {
    return new Rig(
            1,
            FunctionSpec.named("f")
                .reading(Rig.timedInput())
                .windowedBy(Keys.partitionKey(), windows, new Texts())
                .handledBy(Numbered::new, Destination.nowhere()))
        .start()
        .restore();
  }

  private static Windows ten() {
    return Windows.tumbling(Duration.ofSeconds(10));
  }

  private static void hold(Rig rig, String key) {
    rig.orders =
        new Orders(List.of(order(Optional.empty(), key, new Order.Deed.Pause())), List.of());
    commit(rig);
    rig.rest();
  }

  private static Order order(Optional<ShardKey> shard, String key, Order.Deed deed) {
    return new Order(1, "f", shard, Optional.of(key), deed, "a test", Instant.EPOCH, "a test");
  }

  private static void commit(Rig rig) {
    rig.commit();
    rig.advance(1_000);
  }

  private static void resume(Rig rig) {
    commit(rig);
    rig.orders = Orders.NONE;
    rig.rest();
    rig.drain();
    rig.advance(1_000);
  }

  @Test
  void records_that_were_held_are_judged_by_the_event_time_of_their_place() {
    var rig = rig(ten());
    rig.put("a", "x@1");
    rig.drain();
    hold(rig, "a");
    rig.putAll("a=y@2", "b=o@3", "b=p@50", "a=late@4");
    rig.advance(1_000);
    assertThat(rig.outputs.values()).as("others go on").containsExactly("0 b: o@3");

    resume(rig);
    assertThat(rig.outputs.values()).containsExactlyInAnyOrder("0 b: o@3", "0 a: x@1 y@2");
    assertThat(rig.events(FunctionEvent.LateDropped.class)).hasSize(1);
  }

  @Test
  void their_place_is_kept_by_all_owners_that_the_shard_has_meanwhile() {
    var rig = rig(ten().allowing(Duration.ofSeconds(30)));
    rig.putAll("a=x@1");
    rig.drain();
    hold(rig, "a");
    rig.putAll("a=y@2", "b=p@25", "a=again@3");
    rig.advance(1_000);
    commit(rig);
    rig.crash();
    rig.advance(1_000);
    rig.put("b", "q@90");
    rig.advance(1_000);
    commit(rig);
    rig.crash();
    rig.advance(1_000);
    assertThat(rig.outputs.values()).containsExactly("0 b: p@25");

    resume(rig);
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder("0 b: p@25", "0 a: x@1 y@2", "1 a: x@1 y@2 again@3");
    assertThat(rig.events(FunctionEvent.LateDropped.class)).isEmpty();
  }

  @Test
  void a_record_that_is_held_moves_event_time_for_the_others() {
    var rig = rig(ten());
    rig.put("b", "o@1");
    rig.drain();
    hold(rig, "a");
    rig.put("a", "far@50");
    rig.advance(1_000);
    assertThat(rig.outputs.values()).containsExactly("0 b: o@1");
  }

  @Test
  void sessions_of_a_key_that_was_held_are_those_of_one_that_was_not() {
    var rig = rig(Windows.session(Duration.ofSeconds(10)));
    rig.put("a", "x@1");
    rig.drain();
    hold(rig, "a");
    rig.putAll("a=y@8", "b=o@40", "a=z@41", "b=p@90");
    rig.advance(1_000);
    resume(rig);
    assertThat(rig.outputs.values())
        .containsExactlyInAnyOrder("0 a: x@1 y@8", "0 b: o@40", "0 a: z@41");
  }

  @Test
  void a_shard_whose_key_is_held_is_left_without_giving_its_records_back() {
    var rig = rig(ten());
    hold(rig, "a");
    rig.put("a", "y@2");
    rig.leave();
    assertThat(rig.returned).as("they rest").isEmpty();
  }

  @Test
  void an_end_of_input_waits_for_the_windows_of_a_key_that_is_held() {
    var rig = rig(ten());
    rig.put("a", "x@1");
    rig.drain();
    hold(rig, "a");
    rig.put("a", "y@2");
    var end = rig.put("b", "END");
    rig.advance(1_000);
    assertThat(rig.settled).doesNotContainKey(end);
    resume(rig);
    assertThat(rig.outputs.values()).containsExactly("0 a: x@1 y@2");
  }

  @Test
  void windows_wait_for_no_record_that_was_skipped() {
    var rig = rig(ten());
    rig.put("a", "x@1");
    rig.drain();
    hold(rig, "a");
    var held = rig.putAll("a=y@2", "b=p@50").get(0);
    rig.advance(1_000);
    commit(rig);
    rig.orders =
        new Orders(
            List.of(order(Optional.of(rig.shardKey()), "a", new Order.Deed.Skip(held))), List.of());
    rig.rest();
    rig.drain();
    assertThat(rig.settled).containsEntry(held, ShardHandler.Outcome.SKIPPED);
    assertThat(rig.outputs.values()).containsExactly("0 a: x@1");
  }
}
