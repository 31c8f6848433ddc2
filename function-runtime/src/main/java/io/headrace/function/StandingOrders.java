package io.headrace.function;

import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Orders;
import io.headrace.kcl.Directions;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The operator's orders as this worker knows them. Nothing runs before they were read once, so that
 * what is paused never runs for a moment after a start; later they are read when the fleet says
 * that there are new ones. Owned by the worker loop.
 */
final class StandingOrders {
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** Before the first answer nothing may run. */
  static final Directions UNKNOWN = new Unknown();

  private final OperatorStore store;
  private final Map<String, String> names;
  private final EventLoop loop;
  private final Consumer<Directions> obey;
  private Orders now = Orders.NONE;
  private boolean reading;
  private boolean readAgain;
  private volatile @Nullable String trouble;

  /**
   * @param names functions' present names by former ones
   * @param obey told what to do whenever that changes
   */
  StandingOrders(
      OperatorStore store, Map<String, String> names, EventLoop loop, Consumer<Directions> obey) {
    this.store = store;
    this.names = StableCopy.of(names);
    this.loop = loop;
    this.obey = obey;
  }

  /** Before the worker starts: nothing runs until the orders are known. Any thread. */
  void hold() {
    obey.accept(UNKNOWN);
  }

  /** Any thread, once. */
  void begin() {
    loop.execute(this::read);
  }

  Orders now() {
    return now;
  }

  /** Why they can't be read, while they can't; any thread. */
  @Nullable String trouble() {
    return trouble;
  }

  /** There is an order of this number. */
  void given(long number) {
    if (number > now.number()) {
      read();
    }
  }

  private void read() {
    if (reading) {
      readAgain = true; // What is under way may be answered with what was before.
      return;
    }
    reading = true;
    readAgain = false;
    Stages.ask(loop, store::orders, this::learn, this::failed);
  }

  private void learn(Orders found) {
    reading = false;
    now = found.renamed(names);
    trouble = found.faults().isEmpty() ? null : "not obeyed: " + found.faults().get(0);
    obey.accept(new Known(now));
    if (readAgain) {
      read();
    }
  }

  private void failed(Throwable cause) {
    reading = false;
    trouble = "the operator's orders can't be read: " + cause.getMessage();
    var unused = loop.schedule(AGAIN, this::read);
  }

  private record Unknown() implements Directions {
    @Override
    public boolean holds(ShardKey shard, String function) {
      return true;
    }

    @Override
    public long generation(ShardKey shard, String function) {
      return 0;
    }
  }

  private record Known(Orders orders) implements Directions {
    @Override
    public boolean holds(ShardKey shard, String function) {
      return orders.holding(FunctionSpec.functionOf(function), shard).isPresent();
    }

    @Override
    public long generation(ShardKey shard, String function) {
      return orders.generation(FunctionSpec.functionOf(function), shard);
    }
  }
}
