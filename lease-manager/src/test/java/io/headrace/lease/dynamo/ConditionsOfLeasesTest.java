package io.headrace.lease.dynamo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ConditionMutants;
import io.headrace.kcl.MutatingClient;
import io.headrace.lease.InMemoryLeaseTable;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.LeaseTableContract;
import io.headrace.lease.RandomOperations;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whatever is left out of a condition, a test of the table notices. {@code docs/simulator.md} names
 * the numbers.
 */
class ConditionsOfLeasesTest {
  private static final List<Class<?>> SUITES = List.of(Contract.class);
  private static final int SEEDS_MAX = 25;

  @Test
  void every_clause_that_is_left_out_is_noticed() throws Exception {
    MutatingClient.MUTANTS.forget();
    assertThat(MutatingClient.MUTANTS.firstFailing(SUITES)).isEmpty();

    var unnoticed = new ArrayList<ConditionMutants.Mutant>();
    for (var mutant : MutatingClient.MUTANTS.all()) {
      if (MutatingClient.MUTANTS.noticedBy(mutant, SUITES).isEmpty()) {
        unnoticed.add(mutant);
      }
    }

    assertThat(unnoticed).isEmpty();
    assertThat(MutatingClient.MUTANTS.clauses()).isEqualTo(8);
    assertThat(MutatingClient.MUTANTS.all()).hasSize(15);
  }

  /** So a clause that only one of the two tables has is noticed, whichever it is. */
  @Test
  void the_comparison_with_the_table_in_memory_notices_each_of_them_too() throws Exception {
    MutatingClient.MUTANTS.forget();
    assertThat(MutatingClient.MUTANTS.firstFailing(List.of(Comparison.class))).isEmpty();

    var unnoticed = new ArrayList<ConditionMutants.Mutant>();
    for (var mutant : MutatingClient.MUTANTS.all()) {
      if (MutatingClient.MUTANTS.noticedBy(mutant, List.of(Comparison.class)).isEmpty()) {
        unnoticed.add(mutant);
      }
    }

    assertThat(unnoticed).isEmpty();
    assertThat(MutatingClient.MUTANTS.all()).hasSize(15);
  }

  static final class Contract extends LeaseTableContract {
    @Override
    protected LeaseTable newTable() {
      return new DynamoLeaseTable(EmbeddedDynamo.client(), EmbeddedDynamo.newTableName());
    }
  }

  /** Random courses of operations on both. */
  static final class Comparison {
    @Test
    void both_answer_alike() {
      for (long seed = 1; seed <= SEEDS_MAX; seed++) {
        var memory = RandomOperations.run(new InMemoryLeaseTable(), seed, 100);
        var dynamo = new DynamoLeaseTable(EmbeddedDynamo.client(), EmbeddedDynamo.newTableName());
        assertThat(RandomOperations.run(dynamo, seed, 100)).isEqualTo(memory);
      }
    }
  }
}
