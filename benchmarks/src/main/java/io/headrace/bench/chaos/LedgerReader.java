package io.headrace.bench.chaos;

import io.headrace.bench.rig.NotMeasured;
import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;

/** Reads the ledger of dead letters as it lies in the table, by the SDK alone. Any thread. */
final class LedgerReader {
  /** Letters are the items whose partition has this in its name. */
  private static final String LETTERS = "!D!";

  private final DynamoDbAsyncClient dynamoDb;
  private final String table;

  LedgerReader(DynamoDbAsyncClient dynamoDb, String table) {
    this.dynamoDb = dynamoDb;
    this.table = table;
  }

  /** Writes down each letter that lies there now. */
  void read(Diary diary) {
    Map<String, AttributeValue> from = new HashMap<>();
    do {
      ScanResponse page =
          dynamoDb
              .scan(
                  ScanRequest.builder()
                      .tableName(table)
                      .consistentRead(true)
                      .filterExpression("contains(pk, :letters)")
                      .expressionAttributeValues(Map.of(":letters", AttributeValue.fromS(LETTERS)))
                      .exclusiveStartKey(from.isEmpty() ? null : from)
                      .build())
              .join();
      page.items().forEach(item -> write(diary, item));
      from = page.lastEvaluatedKey();
    } while (!from.isEmpty());
  }

  /** A place is {@code stream@seconds/shard!function}, a position {@code sequence:sub}. */
  private static void write(Diary diary, Map<String, AttributeValue> item) {
    String place = text(item, "in");
    String position = text(item, "pos");
    diary.write(
        "letter",
        "function",
        place.substring(place.lastIndexOf('!') + 1),
        "shard",
        place.substring(place.indexOf('/') + 1, place.lastIndexOf('!')),
        "sequence",
        position.substring(0, position.indexOf(':')),
        "code",
        text(item, "code"));
  }

  private static String text(Map<String, AttributeValue> item, String name) {
    AttributeValue value = item.get(name);
    if (value == null || value.s() == null) {
      throw new NotMeasured(
          "a letter in the table has no text under " + name + ": " + item.keySet());
    }
    return value.s();
  }
}
