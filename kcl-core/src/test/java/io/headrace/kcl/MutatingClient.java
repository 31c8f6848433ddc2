package io.headrace.kcl;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.Update;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * A client of DynamoDB that hands the conditions of all writes to {@link ConditionMutants} on their
 * way. For tests that run one after the other.
 */
public final class MutatingClient {
  public static final ConditionMutants MUTANTS = new ConditionMutants();

  private MutatingClient() {}

  public static DynamoDbAsyncClient around(DynamoDbAsyncClient client) {
    return (DynamoDbAsyncClient)
        Proxy.newProxyInstance(
            DynamoDbAsyncClient.class.getClassLoader(),
            new Class<?>[] {DynamoDbAsyncClient.class},
            (proxy, method, arguments) -> {
              try {
                return method.invoke(client, changed(arguments));
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            });
  }

  private static Object[] changed(Object[] arguments) {
    if (arguments == null || arguments.length != 1) {
      return arguments;
    }
    var request = arguments[0];
    if (request instanceof UpdateItemRequest update && update.conditionExpression() != null) {
      request = changed(update);
    } else if (request instanceof PutItemRequest put && put.conditionExpression() != null) {
      var left = MUTANTS.apply(put.conditionExpression(), put.expressionAttributeNames());
      request = put.toBuilder().conditionExpression(left.isEmpty() ? null : left).build();
    } else if (request instanceof DeleteItemRequest delete
        && delete.conditionExpression() != null) {
      request = changed(delete);
    } else if (request instanceof TransactWriteItemsRequest writes) {
      var items = writes.transactItems().stream().map(MutatingClient::changed).toList();
      request = writes.toBuilder().transactItems(items).build();
    }
    return new Object[] {request};
  }

  private static DeleteItemRequest changed(DeleteItemRequest delete) {
    var left = MUTANTS.apply(delete.conditionExpression(), delete.expressionAttributeNames());
    return delete.toBuilder()
        .conditionExpression(left.isEmpty() ? null : left)
        .expressionAttributeNames(named(delete.expressionAttributeNames(), left))
        .expressionAttributeValues(valued(delete.expressionAttributeValues(), left))
        .build();
  }

  /** A kind of write that no store sends yet must not slip through unchanged. */
  private static TransactWriteItem changed(TransactWriteItem item) {
    if (item.put() != null && item.put().conditionExpression() != null) {
      var put = item.put();
      var left = MUTANTS.apply(put.conditionExpression(), put.expressionAttributeNames());
      var changed = put.toBuilder().conditionExpression(left.isEmpty() ? null : left).build();
      return item.toBuilder().put(changed).build();
    }
    if (item.conditionCheck() != null) {
      return item.toBuilder().conditionCheck(changed(item.conditionCheck())).build();
    }
    if (item.delete() != null && item.delete().conditionExpression() != null) {
      throw new IllegalArgumentException("conditions of these are not mutated: " + item);
    }
    return item.update() == null ? item : item.toBuilder().update(changed(item.update())).build();
  }

  private static ConditionCheck changed(ConditionCheck check) {
    var left = MUTANTS.apply(check.conditionExpression(), check.expressionAttributeNames());
    return check.toBuilder()
        .conditionExpression(left)
        .expressionAttributeNames(named(check.expressionAttributeNames(), left))
        .expressionAttributeValues(valued(check.expressionAttributeValues(), left))
        .build();
  }

  private static UpdateItemRequest changed(UpdateItemRequest update) {
    var left = MUTANTS.apply(update.conditionExpression(), update.expressionAttributeNames());
    var used = update.updateExpression() + " " + left;
    return update.toBuilder()
        .conditionExpression(left.isEmpty() ? null : left)
        .expressionAttributeNames(named(update.expressionAttributeNames(), used))
        .expressionAttributeValues(valued(update.expressionAttributeValues(), used))
        .build();
  }

  private static Update changed(Update update) {
    var left = MUTANTS.apply(update.conditionExpression(), update.expressionAttributeNames());
    var used = update.updateExpression() + " " + left;
    return update.toBuilder()
        .conditionExpression(left.isEmpty() ? null : left)
        .expressionAttributeNames(named(update.expressionAttributeNames(), used))
        .expressionAttributeValues(valued(update.expressionAttributeValues(), used))
        .build();
  }

  /** DynamoDB refuses names that no expression uses, and an empty map of them. */
  private static @Nullable Map<String, String> named(Map<String, String> names, String used) {
    var left = new HashMap<>(names);
    left.keySet().removeIf(name -> !used.matches("(?s).*" + name + "\\b.*"));
    return left.isEmpty() ? null : left;
  }

  private static @Nullable Map<String, AttributeValue> valued(
      Map<String, AttributeValue> values, String used) {
    var left = new HashMap<>(values);
    left.keySet().removeIf(value -> !used.matches("(?s).*" + value + "\\b.*"));
    return left.isEmpty() ? null : left;
  }
}
