package io.headrace.lease.dynamo;

import io.headrace.kcl.MutatingClient;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.dynamodb.services.local.embedded.DynamoDBEmbedded;

/** One DynamoDB Local for all tests of this module; every test takes a table of its own. */
public final class EmbeddedDynamo {
  private static final AtomicInteger TABLES = new AtomicInteger();

  private EmbeddedDynamo() {}

  private static final class Holder {
    static final DynamoDbAsyncClient CLIENT =
        MutatingClient.around(DynamoDBEmbedded.create(true).dynamoDbAsyncClient());
  }

  public static DynamoDbAsyncClient client() {
    return Holder.CLIENT;
  }

  public static String newTableName() {
    return "leases-" + TABLES.incrementAndGet();
  }
}
