package io.headrace.lease.dynamo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.lease.InMemoryLeaseTable;
import io.headrace.lease.RandomOperations;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The table in memory behaves as DynamoDB does, so what is proved on one holds on the other. */
class LeaseTablesAgreeProperties {
  @Property(tries = 40)
  void both_tables_answer_any_sequence_of_operations_alike(@ForAll long seed) {
    var memory = RandomOperations.run(new InMemoryLeaseTable(), seed, 60);
    var dynamo =
        RandomOperations.run(
            new DynamoLeaseTable(EmbeddedDynamo.client(), EmbeddedDynamo.newTableName()), seed, 60);

    assertThat(memory).as("seed %d", seed).isEqualTo(dynamo);
  }
}
