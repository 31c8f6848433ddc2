package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseException;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.loop.SimulatedLoop;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Two applications that were given one name. */
class IdentityTest {
  private final SimulatedLoop loop = new SimulatedLoop(5);
  private final SplittableRandom random = new SplittableRandom(5);
  private final LeaseTable table = new InMemoryLeaseTable();
  private final ListedStream orders = new ListedStream("orders", 2);
  private final ListedStream clicks = new ListedStream("clicks", 2);
  private HeartbeatCoordinator last;

  private CompletableFuture<Void> start(String id, ShardedStream... streams) {
    var way = new FaultyTable(table, loop, random.split());
    last =
        new HeartbeatCoordinator(
            way,
            "app",
            new Incarnation(id, "life"),
            List.of(streams),
            LeaseSettings.DEFAULT.withLeaseTime(F),
            Deployment.UNNAMED,
            loop,
            random.split());
    return last.start(event -> {}, Runnable::run).toCompletableFuture();
  }

  @Test
  void a_worker_of_another_application_with_the_same_name_is_refused_and_both_are_named() {
    var unused = start("ann", orders);
    loop.advance(F);

    var refused = start("bob", clicks);
    loop.advance(F.multipliedBy(2));

    assertThatThrownBy(refused::join)
        .hasCauseInstanceOf(LeaseException.class)
        .hasMessageContaining("application app in faulty table reads the streams [orders]")
        .hasMessageContaining("as ann#life says, and its workers [ann#life] are alive")
        .hasMessageContaining("bob#life reads [clicks]");
    var item = LeaseTableContract.await(table.application("app")).orElseThrow().item();
    assertThat(item.streams()).containsExactly("orders");
    assertThat(LeaseTableContract.await(table.worker("app", "bob"))).isEmpty();
  }

  @Test
  void an_application_may_read_one_stream_more_or_less_while_it_is_rolled() {
    var unused = start("ann", orders);
    loop.advance(F);
    var more = start("bob", orders, clicks);
    loop.advance(F);
    var less = start("cyd", clicks);
    loop.advance(F);

    assertThat(more).isCompleted();
    assertThat(less).isCompleted();
  }

  @Test
  void what_is_left_of_a_dead_fleet_does_not_stand_in_the_way_of_other_streams() {
    var unused = start("ann", orders);
    loop.advance(F);
    last.kill();

    var other = start("bob", clicks);
    loop.advance(F.multipliedBy(2));

    assertThat(other).isCompleted();
    var item = LeaseTableContract.await(table.application("app")).orElseThrow().item();
    assertThat(item.streams()).containsExactly("clicks");
  }

  @Test
  void of_two_that_begin_at_one_moment_at_most_one_stays() {
    for (int seed = 0; seed < 50; seed++) {
      var course = new IdentityTest();
      var first = course.start("ann", course.orders);
      course.loop.advance(Duration.ofMillis(seed));
      var second = course.start("bob", course.clicks);
      course.loop.advance(F.multipliedBy(3));

      boolean both = !first.isCompletedExceptionally() && !second.isCompletedExceptionally();
      assertThat(both).as("both run, %s ms apart", seed).isFalse();
      assertThat(first.isDone() && second.isDone()).isTrue();
    }
  }
}
