package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.FunctionItem;
import io.headrace.checkpoint.FunctionRegister;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.loop.Stages;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/** Function items in one partition of the application. Reads are consistent. Thread-safe. */
final class DynamoFunctionRegister implements FunctionRegister {
  private static final Logger LOG = LoggerFactory.getLogger(DynamoFunctionRegister.class);

  private final DynamoDbAsyncClient client;
  private final String table;
  private final String partition;

  DynamoFunctionRegister(DynamoDbAsyncClient client, String table, String application) {
    this.client = client;
    this.table = table;
    this.partition = DynamoCheckpointStore.functions(application);
  }

  @Override
  public CompletionStage<List<FunctionItem>> all() {
    var found = new ArrayList<FunctionItem>();
    return Requests.pages(client, Requests.partition(table, partition), item -> read(item, found))
        .<List<FunctionItem>>thenApply(done -> found)
        .exceptionally(
            thrown -> {
              if (Stages.causeOf(thrown) instanceof ResourceNotFoundException) {
                return List.of();
              }
              throw explained("functions " + partition, thrown);
            });
  }

  /** What can't be read hides no other; who runs that function is told by its seal. */
  private void read(Map<String, AttributeValue> item, List<FunctionItem> into) {
    try {
      into.add(toItem(item));
    } catch (IllegalArgumentException | CheckpointException malformed) {
      LOG.warn(
          "function item {} {} in DynamoDB table {} can't be read: {}",
          partition,
          Attributes.optional(item, "sk").map(AttributeValue::s).orElse("?"),
          table,
          malformed.getMessage());
    }
  }

  private FunctionItem toItem(Map<String, AttributeValue> item) {
    var name = Attributes.textOf(item, "sk");
    if (!Attributes.isOurs(item)) {
      throw new IllegalArgumentException(
          "attribute " + Attributes.LEAST_READER + " is missing: it is none of Headrace's");
    }
    Attributes.requireReadable("function item " + name, table, item);
    return new FunctionItem(
        name,
        Attributes.optional(item, Attributes.START).map(Attributes::toStart),
        Attributes.shapeIn(item),
        Attributes.successor(item));
  }

  @Override
  public CompletionStage<FunctionItem> describe(String function, Map<String, String> shape) {
    var update =
        DynamoCheckpointStore.stampFormat(new Update(table, partition, function))
            .setIfAbsent(Attributes.SHAPE, Attributes.shape(shape));
    var name = "function item " + partition + " " + function;
    return client
        .updateItem(update.request().overrideConfiguration(Requests.LIMITED).build())
        .thenApply(answer -> toItem(answer.attributes()))
        .exceptionally(
            thrown -> {
              if (Stages.causeOf(thrown) instanceof ConditionalCheckFailedException refused) {
                return toItem(refused.item());
              }
              throw explained(name, thrown);
            })
        .thenCompose(
            item ->
                item.shape().isEmpty()
                    ? emptied(item, shape)
                    : CompletableFuture.completedFuture(item));
  }

  /** Somebody took the words out by hand, and left the attribute: that says nothing. */
  private CompletionStage<FunctionItem> emptied(FunctionItem item, Map<String, String> shape) {
    return shape.isEmpty()
        ? CompletableFuture.completedFuture(item)
        : redescribe(item.function(), Map.of(), shape)
            .thenCompose(done -> describe(item.function(), shape));
  }

  @Override
  public CompletionStage<Boolean> redescribe(
      String function, Map<String, String> seen, Map<String, String> shape) {
    var update =
        new Update(table, partition, function)
            .set(Attributes.SHAPE, Attributes.shape(shape))
            .require(Attributes.SHAPE, "=", Attributes.shape(seen));
    return applied(update, "function item " + partition + " " + function);
  }

  @Override
  public CompletionStage<Void> succeed(String function, String successor) {
    var update =
        new Update(table, partition, function)
            .set(Attributes.SUCCESSOR, text(successor))
            .requirePresent(Attributes.FORMAT_NUMBER);
    return applied(update, "function item " + partition + " " + function).thenAccept(applied -> {});
  }

  private CompletionStage<Boolean> applied(Update update, String name) {
    return client
        .updateItem(update.request().overrideConfiguration(Requests.LIMITED).build())
        .thenApply(answer -> true)
        .exceptionally(
            thrown -> {
              if (Stages.causeOf(thrown) instanceof ConditionalCheckFailedException) {
                return false;
              }
              throw explained(name, thrown);
            });
  }

  private CheckpointException explained(String what, Throwable thrown) {
    var cause = Stages.causeOf(thrown);
    if (cause instanceof CheckpointException known) {
      return known;
    }
    return new CheckpointException(
        what + " in DynamoDB table " + table + ": " + cause.getMessage(), cause);
  }
}
