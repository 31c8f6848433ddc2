package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
  private int freed;
  private final ByteBudget budget = new ByteBudget(1_000, 100, 800, () -> freed++);

  @Test
  void grants_the_floor_at_first_and_more_to_those_who_use_it() {
    var account = budget.open();
    assertThat(account.ask()).isEqualTo(100);
    account.took(100);
    assertThat(account.ask()).isEqualTo(200);
    account.took(200);
    assertThat(account.ask()).isEqualTo(400);
    account.took(0);
    account.release(300);
    assertThat(account.ask()).as("after an answer with little in it").isEqualTo(100);
  }

  @Test
  void keeps_the_floor_of_those_who_have_not_asked_yet() {
    var greedy = budget.open();
    var late = List.of(budget.open(), budget.open(), budget.open());
    long held = 0;
    for (long grant = greedy.ask(); grant > 0; grant = greedy.ask()) {
      greedy.took(grant);
      held += grant;
    }
    assertThat(held).isGreaterThan(600).isLessThanOrEqualTo(700);
    late.forEach(account -> assertThat(account.ask()).isEqualTo(100));
    assertThat(budget.used()).isLessThanOrEqualTo(1_000);
  }

  @Test
  void divides_itself_evenly_when_the_floors_do_not_fit() {
    var accounts = new ArrayList<ByteBudget.Account>();
    for (int i = 0; i < 50; i++) {
      accounts.add(budget.open());
    }
    accounts.forEach(account -> assertThat(account.ask()).isEqualTo(20));
    assertThat(budget.used()).isEqualTo(1_000);
  }

  @Test
  void serves_those_who_wait_in_their_order_when_bytes_are_free() {
    var tight = new ByteBudget(200, 100, 200, () -> freed++);
    var served = new ArrayList<String>();
    var accounts = List.of(tight.open(), tight.open());
    for (int i = 0; i < 2; i++) {
      int number = i;
      accounts.get(i).onServed(() -> served.add("account " + number));
      assertThat(accounts.get(i).ask()).isEqualTo(100);
      accounts.get(i).took(100);
    }
    assertThat(accounts.get(1).ask()).isZero();
    assertThat(accounts.get(0).ask()).isZero();

    accounts.get(0).release(100);
    accounts.get(1).release(100);
    assertThat(freed).isPositive();
    tight.serve();

    assertThat(served).containsExactly("account 1", "account 0");
    tight.serve();
    assertThat(served).as("each is told once").hasSize(2);
  }

  @Test
  void serves_those_who_wait_when_another_leaves() {
    var tight = new ByteBudget(200, 100, 200, () -> freed++);
    var staying = tight.open();
    var leaving = tight.open();
    assertThat(staying.ask()).isEqualTo(100);
    staying.took(100);
    assertThat(staying.ask()).isZero();
    var served = new int[1];
    staying.onServed(() -> served[0]++);

    leaving.close();
    tight.serve();

    assertThat(freed).isPositive();
    assertThat(served[0]).isOne();
    assertThat(staying.ask()).isEqualTo(100);
  }

  @Test
  void grants_nothing_to_anybody_while_an_oversized_record_is_held() {
    var account = budget.open();
    var other = budget.open();
    assertThat(account.ask()).isEqualTo(100);
    account.took(5_000);
    assertThat(other.ask()).isZero();
    account.release(5_000);
    assertThat(other.ask()).isEqualTo(100);
  }

  @Test
  void keeps_a_closed_account_until_what_it_held_is_released() {
    var account = budget.open();
    assertThat(account.ask()).isEqualTo(100);
    account.took(60);
    account.close();
    assertThat(budget.used()).isEqualTo(60);
    account.release(60);
    account.close();
    assertThat(budget.used()).isZero();
  }

  @Test
  void refuses_what_does_not_add_up() {
    var account = budget.open();
    assertThat(account.ask()).isEqualTo(100);
    assertThatThrownBy(account::ask).hasMessageContaining("100 bytes granted asks again");
    account.took(10);
    assertThatThrownBy(() -> account.release(11)).hasMessageContaining("11 bytes released of 10");
  }

  /** Whatever happens: never over the budget, and whoever holds nothing gets something. */
  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void never_exceeds_itself_and_starves_nobody(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    var any = new ByteBudget(5_000, 1 + random.nextInt(800), 2_000, () -> {});
    var accounts = new ArrayList<ByteBudget.Account>();
    var granted = new ArrayList<Long>();
    for (int i = 0; i < 400; i++) {
      if (accounts.isEmpty() || random.nextInt(20) == 0) {
        accounts.add(any.open());
        granted.add(0L);
      }
      int index = random.nextInt(accounts.size());
      var account = accounts.get(index);
      long open = granted.get(index);
      if (random.nextInt(30) == 0) {
        account.close();
        account.release(account.held());
        accounts.remove(index);
        granted.remove(index);
      } else if (open > 0) {
        account.took(random.nextLong(open + 1));
        granted.set(index, 0L);
      } else if (random.nextBoolean()) {
        granted.set(index, account.ask());
      } else {
        account.release(random.nextLong(account.held() + 1));
      }
      assertThat(any.used()).as("seed %d, step %d", seed, i).isBetween(0L, 5_000L);
    }
    for (int i = 0; i < accounts.size(); i++) {
      accounts.get(i).took(0);
      accounts.get(i).release(accounts.get(i).held());
    }
    assertThat(any.used()).isZero();
    accounts.forEach(account -> assertThat(account.ask()).as("seed %d", seed).isPositive());
  }
}
