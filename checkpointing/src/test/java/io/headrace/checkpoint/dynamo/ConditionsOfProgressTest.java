package io.headrace.checkpoint.dynamo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ConditionMutants;
import io.headrace.kcl.MutatingClient;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Whatever is left out of a condition, a test of the store notices. {@code docs/simulator.md} names
 * the numbers.
 */
class ConditionsOfProgressTest {
  private static final List<Class<?>> SUITES =
      List.of(
          DynamoCheckpointStoreTest.class,
          DynamoItemsTest.class,
          DynamoTakeOverTest.class,
          DynamoOperatorStoreTest.class,
          PlacedProgressTest.class,
          DynamoLetterLedgerTest.class,
          DynamoEffectStoreTest.class,
          DynamoChunkStoreTest.class);
  private static final Pattern READER = Pattern.compile("\\br\\b");

  /** Of letters and effects both stores pass the same suite, which notices what one leaves out. */
  private static final Pattern LETTERS_AND_EFFECTS =
      Pattern.compile("own = :\\? AND ep = :\\? AND attribute_not_exists\\(ended\\)|.*\\btok\\b.*");

  /** Somebody else writes between the look and the write: never so in one course of events. */
  private static final Pattern RACES =
      Pattern.compile("rev = :\\?|attribute_not_exists\\((rev|pk)\\)");

  private static final int SEEDS_MAX = 12;

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
    assertThat(MutatingClient.MUTANTS.clauses()).isEqualTo(36);
  }

  /** So a clause that only one of the two stores has is noticed, whichever it is. */
  @Test
  void the_comparison_with_the_store_in_memory_notices_each_that_both_have() throws Exception {
    MutatingClient.MUTANTS.forget();
    assertThat(MutatingClient.MUTANTS.firstFailing(List.of(Comparison.class))).isEmpty();

    var unnoticed = new ArrayList<ConditionMutants.Mutant>();
    for (var mutant : MutatingClient.MUTANTS.all()) {
      // Formats are DynamoDB's own.
      if (!READER.matcher(mutant.what()).find()
          && !LETTERS_AND_EFFECTS.matcher(mutant.shape()).matches()
          && !RACES.matcher(mutant.shape()).matches()
          && MutatingClient.MUTANTS.noticedBy(mutant, List.of(Comparison.class)).isEmpty()) {
        unnoticed.add(mutant);
      }
    }

    assertThat(unnoticed).isEmpty();
  }

  /** Random courses of events on both. */
  static final class Comparison {
    @Test
    void both_answer_alike() {
      var stores = new StoresAgreeProperties();
      for (long seed = 1; seed <= SEEDS_MAX; seed++) {
        stores.any_course_of_events_gets_the_same_answers(seed);
      }
    }
  }
}
