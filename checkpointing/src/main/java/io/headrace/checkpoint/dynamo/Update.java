package io.headrace.checkpoint.dynamo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * One conditional update under construction. Changes only the attributes that it names, so that
 * those of other versions stay; names and values travel apart from the expression.
 */
final class Update {
  private final String table;
  private final Map<String, AttributeValue> key;
  private final Map<String, String> names = new HashMap<>();
  private final Map<String, AttributeValue> values = new LinkedHashMap<>();
  private final List<String> sets = new ArrayList<>();
  private final List<String> adds = new ArrayList<>();
  private final List<String> removes = new ArrayList<>();
  private final List<String> conditions = new ArrayList<>();

  Update(String table, String pk, String sk) {
    this.table = table;
    this.key = Map.of("pk", AttributeValue.fromS(pk), "sk", AttributeValue.fromS(sk));
  }

  Update set(String attribute, AttributeValue value) {
    sets.add(name(attribute) + " = " + value(value));
    return this;
  }

  Update setIfAbsent(String attribute, AttributeValue value) {
    var name = name(attribute);
    sets.add(name + " = if_not_exists(" + name + ", " + value(value) + ")");
    return this;
  }

  Update count(String attribute) {
    adds.add(name(attribute) + " " + value(AttributeValue.fromN("1")));
    return this;
  }

  Update remove(String attribute) {
    removes.add(name(attribute));
    return this;
  }

  /** Removes a member of a map, which must be there. */
  Update remove(String attribute, String member) {
    removes.add(name(attribute) + "." + name(member));
    return this;
  }

  Update require(String attribute, String operator, AttributeValue value) {
    conditions.add(name(attribute) + " " + operator + " " + value(value));
    return this;
  }

  Update requireAbsent(String attribute) {
    conditions.add("attribute_not_exists(" + name(attribute) + ")");
    return this;
  }

  Update requirePresent(String attribute) {
    conditions.add("attribute_exists(" + name(attribute) + ")");
    return this;
  }

  /** Unless {@code marked} is there, {@code attribute} must not be. */
  Update requireAbsentOrPresent(String attribute, String marked) {
    conditions.add(
        "(attribute_not_exists("
            + name(attribute)
            + ") OR attribute_exists("
            + name(marked)
            + "))");
    return this;
  }

  Update requireAbsentOr(String attribute, String operator, AttributeValue value) {
    var name = name(attribute);
    conditions.add(
        "(attribute_not_exists("
            + name
            + ") OR "
            + name
            + " "
            + operator
            + " "
            + value(value)
            + ")");
    return this;
  }

  /** The write makes the item, or the item that is there fulfils this. */
  Update requireNoItemOr(String attribute, String operator, AttributeValue value) {
    conditions.add(
        "(attribute_not_exists(pk) OR "
            + name(attribute)
            + " "
            + operator
            + " "
            + value(value)
            + ")");
    return this;
  }

  UpdateItemRequest.Builder request() {
    return UpdateItemRequest.builder()
        .tableName(table)
        .key(key)
        .updateExpression(expression())
        .conditionExpression(String.join(" AND ", conditions))
        .expressionAttributeNames(names)
        .expressionAttributeValues(values)
        .returnValues(ReturnValue.ALL_NEW)
        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD);
  }

  TransactWriteItem inTransaction() {
    return TransactWriteItem.builder()
        .update(
            u ->
                u.tableName(table)
                    .key(key)
                    .updateExpression(expression())
                    .conditionExpression(String.join(" AND ", conditions))
                    .expressionAttributeNames(names)
                    .expressionAttributeValues(values)
                    .returnValuesOnConditionCheckFailure(
                        ReturnValuesOnConditionCheckFailure.ALL_OLD))
        .build();
  }

  private String expression() {
    var text = new StringBuilder();
    if (!sets.isEmpty()) {
      text.append("SET ").append(String.join(", ", sets));
    }
    if (!adds.isEmpty()) {
      text.append(" ADD ").append(String.join(", ", adds));
    }
    if (!removes.isEmpty()) {
      text.append(" REMOVE ").append(String.join(", ", removes));
    }
    return text.toString();
  }

  private String name(String attribute) {
    for (var known : names.entrySet()) {
      if (known.getValue().equals(attribute)) {
        return known.getKey();
      }
    }
    var name = "#n" + names.size();
    names.put(name, attribute);
    return name;
  }

  private String value(AttributeValue value) {
    var name = ":v" + values.size();
    values.put(name, value);
    return name;
  }
}
