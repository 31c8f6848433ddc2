package io.headrace.lease;

class InMemoryLeaseTableTest extends LeaseTableContract {
  @Override
  protected LeaseTable newTable() {
    return new InMemoryLeaseTable();
  }
}
