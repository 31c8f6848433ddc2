package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.number;
import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.checkpoint.WriteClaim;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CheckpointThrottledException;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.Stages;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.SdkServiceException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * Progress items in the table of the application, beside the lease rows of their shards. Each
 * operation is one conditional request, which is never repeated by the SDK: an owner must know
 * which of its writes may still be under way. Thread-safe.
 *
 * <p>Whatever an item holds that this version does not know is kept; an item that demands a newer
 * reader is refused whole.
 */
public final class DynamoCheckpointStore implements CheckpointStore {
  /** A call that takes longer has failed; its write may still be applied. */
  static final Duration CALL_TIMEOUT = Duration.ofSeconds(3);

  /** How often a write that met a transaction is sent before the caller is told. */
  static final int CONFLICT_TRIES_MAX = 5;

  private static final String CONDITION_FAILED = "ConditionalCheckFailed";
  private static final Set<String> THROTTLED =
      Set.of("ThrottlingError", "ProvisionedThroughputExceeded");
  private static final String CONFLICT = "TransactionConflict";

  private final DynamoDbAsyncClient client;
  private final String table;
  private final String application;
  private final DynamoOperatorStore operator;
  private final DynamoLetterLedger letters;
  private final AwsRequestOverrideConfiguration once =
      AwsRequestOverrideConfiguration.builder()
          .apiCallTimeout(CALL_TIMEOUT)
          .addPlugin(
              client ->
                  client.overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry())))
          .build();

  /**
   * A store over a table that exists, with partition key {@code pk} and sort key {@code sk}.
   *
   * @param client stays the caller's, who closes it
   * @param application not empty, without {@code !}; several may share a table
   */
  public DynamoCheckpointStore(DynamoDbAsyncClient client, String table, String application) {
    if (application.isEmpty() || application.indexOf('!') >= 0) {
      throw new IllegalArgumentException(
          "application \"" + application + "\": must not be empty nor hold '!'");
    }
    this.client = client;
    this.table = table;
    this.application = application;
    this.operator = new DynamoOperatorStore(client, table, application);
    this.letters = new DynamoLetterLedger(client, table, application);
  }

  @Override
  public CompletionStage<StartingPosition> startOf(String function, StartingPosition proposed) {
    var pk = functions(application);
    var update = new Update(table, pk, function);
    stampFormat(update).setIfAbsent(Attributes.START, text(ProgressText.of(proposed)));
    var name = "function item " + pk + " " + function;
    return update(name, update)
        .thenApply(
            answer ->
                parsed(
                    name,
                    () ->
                        Attributes.optional(
                                Attributes.requireWhole(name, table, answer.item()),
                                Attributes.START)
                            .map(Attributes::toStart)
                            .orElseThrow(
                                () -> new IllegalArgumentException("attribute start is missing"))));
  }

  @Override
  public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
    var update =
        stampFormat(item(key))
            .set(Attributes.OWNER, text(token.owner().toString()))
            .set(Attributes.EPOCH, number(token.epoch()))
            .setIfAbsent(Attributes.NONCE, text(nonce))
            .count(Attributes.REV)
            .count(Attributes.SEALS)
            .requireAbsentOr(Attributes.EPOCH, "<", number(token.epoch()))
            .requireAbsent(Attributes.CHILDREN)
            .requireAbsent(Attributes.SUCCESSOR);
    var name = nameOf(key);
    return update(name, update)
        .thenApply(
            answer -> {
              var item = parsed(name, () -> Attributes.toItem(answer.item()));
              if (!answer.applied()) {
                Attributes.requireOwn(key, answer.item());
              }
              return item;
            });
  }

  @Override
  public CompletionStage<Void> takeOver(TakeOver takeOver) {
    return new DynamoTakeOver(takeOver, new Items()).run();
  }

  /** Whole items, as a take-over moves them. */
  private final class Items implements DynamoTakeOver.Access {
    @Override
    public CompletableFuture<Map<String, AttributeValue>> get(ProgressKey key) {
      return client
          .getItem(
              get ->
                  get.tableName(table)
                      .key(keyOf(key))
                      .consistentRead(true)
                      .overrideConfiguration(once))
          .thenApply(
              answer ->
                  readable(
                      nameOf(key),
                      answer.hasItem() ? answer.item() : Map.<String, AttributeValue>of()))
          .exceptionally(
              thrown -> {
                throw explained(nameOf(key), Stages.causeOf(thrown));
              });
    }

    @Override
    public Update update(ProgressKey key) {
      return item(key);
    }

    @Override
    public TransactWriteItem put(ProgressKey key, Map<String, AttributeValue> item) {
      var whole = new HashMap<>(item);
      whole.putAll(keyOf(key));
      return TransactWriteItem.builder()
          .put(
              put ->
                  put.tableName(table)
                      .item(whole)
                      .conditionExpression("attribute_not_exists(pk)")
                      .returnValuesOnConditionCheckFailure(
                          ReturnValuesOnConditionCheckFailure.ALL_OLD))
          .build();
    }

    @Override
    public CompletableFuture<Boolean> write(
        List<ProgressKey> keys, List<TransactWriteItem> writes) {
      var request =
          TransactWriteItemsRequest.builder()
              .transactItems(writes)
              .overrideConfiguration(once)
              .build();
      return transact(
              keys.stream().map(DynamoCheckpointStore.this::nameOf).toList(), request, 1, true)
          .thenApply(Answer::applied);
    }
  }

  private Map<String, AttributeValue> keyOf(ProgressKey key) {
    return Map.of("pk", text(partition(application, key)), "sk", text(key.key()));
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    var claim = commit.claim();
    var update = claimed(claim, commit.progress());
    update.set(Attributes.PARTS, Attributes.parts(commit.parts()));
    commit.takenOver().forEach(p -> update.remove(Attributes.parent(p), Attributes.PARTS));
    var name = nameOf(claim.key());
    return update(name, update).thenApply(answer -> settled(claim, answer));
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    var claim = end.claim();
    var writes = new ArrayList<TransactWriteItem>();
    var names = new ArrayList<String>();
    writes.add(
        claimed(claim, end.progress())
            .set(Attributes.PARTS, Attributes.parts(end.left().parts()))
            .set(Attributes.CHILDREN, Attributes.children(end.children()))
            .inTransaction());
    names.add(nameOf(claim.key()));
    var entry = Attributes.ended(end.left());
    for (var key : end.told()) {
      writes.add(
          stampFormat(item(key))
              .set(Attributes.parent(claim.key().shard().shard()), entry)
              .inTransaction());
      names.add(nameOf(key));
    }
    var request =
        TransactWriteItemsRequest.builder()
            .transactItems(writes)
            .clientRequestToken(requestToken(claim))
            .overrideConfiguration(once)
            .build();
    return transact(names, request, 1, false).thenApply(answer -> settled(claim, answer));
  }

  @Override
  public OperatorStore operator() {
    return operator;
  }

  @Override
  public LetterLedger letters() {
    return letters;
  }

  private Update item(ProgressKey key) {
    return new Update(table, partition(application, key), key.key());
  }

  /** The partition of an application's function items. */
  static String functions(String application) {
    return application + "!F";
  }

  static String partition(String application, ProgressKey key) {
    return String.format(Locale.ROOT, "%s!L!%02d", application, key.shard().bucket());
  }

  private String nameOf(ProgressKey key) {
    return "progress item " + partition(application, key) + " " + key.key();
  }

  /** For writes that may make the item. What lies there and is not ours is left as it is. */
  static Update stampFormat(Update update) {
    return update
        .setIfAbsent(Attributes.FORMAT_NUMBER, number(Attributes.FORMAT))
        .setIfAbsent(Attributes.LEAST_READER, number(Attributes.ANY_READER))
        .requireNoItemOr(Attributes.LEAST_READER, "<=", number(Attributes.READER));
  }

  /** For writes of an owner, which never make an item. */
  private Update claimed(WriteClaim claim, Progress progress) {
    var update =
        item(claim.key())
            .set(Attributes.REV, number(claim.rev() + 1))
            .set(Attributes.ATTEMPT, text(claim.attempt()))
            .require(Attributes.OWNER, "=", text(claim.token().owner().toString()))
            .require(Attributes.EPOCH, "=", number(claim.token().epoch()))
            .require(Attributes.REV, "=", number(claim.rev()))
            .require(Attributes.NONCE, "=", text(claim.nonce()))
            .require(Attributes.LEAST_READER, "<=", number(Attributes.READER))
            .requireAbsent(Attributes.CHILDREN);
    return Attributes.set(update, progress);
  }

  /** The same for the same write, whoever sends it again. */
  private String requestToken(WriteClaim claim) {
    var text = String.join(" ", table, application, claim.toString());
    return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private WriteAnswer settled(WriteClaim claim, Answer answer) {
    if (answer.applied()) {
      return new WriteAnswer.Applied();
    }
    // What a parent left in the item of a child that was never sealed is no item yet.
    boolean present = answer.item().containsKey(Attributes.OWNER);
    return claim.settle(
        present
            ? Optional.of(parsed(nameOf(claim.key()), () -> Attributes.toItem(answer.item())))
            : Optional.empty());
  }

  private CompletableFuture<Answer> update(String name, Update update) {
    return update(name, update.request().overrideConfiguration(once).build(), 1);
  }

  private CompletableFuture<Answer> update(String name, UpdateItemRequest request, int tries) {
    return client
        .updateItem(request)
        .thenApply(response -> new Answer(true, readable(name, response.attributes())))
        .exceptionallyCompose(
            thrown -> {
              var fault = Stages.causeOf(thrown);
              if (fault instanceof ConditionalCheckFailedException refused) {
                var item = refused.hasItem() ? refused.item() : Map.<String, AttributeValue>of();
                return CompletableFuture.completedFuture(new Answer(false, readable(name, item)));
              }
              // Some end of a parent is under way: that says nothing of who owns the item.
              if (fault instanceof TransactionConflictException && tries < CONFLICT_TRIES_MAX) {
                return update(name, request, tries + 1);
              }
              throw explained(name, fault);
            });
  }

  /**
   * @param anyRefuses whether a condition of any item is an answer, and not of the first alone
   */
  private CompletableFuture<Answer> transact(
      List<String> names, TransactWriteItemsRequest request, int tries, boolean anyRefuses) {
    return client
        .transactWriteItems(request)
        .thenApply(response -> new Answer(true, Map.of()))
        .exceptionallyCompose(
            thrown -> {
              var fault = Stages.causeOf(thrown);
              if (!(fault instanceof TransactionCanceledException cancelled)) {
                throw explained(names.get(0), fault);
              }
              var reasons = cancelled.cancellationReasons();
              for (int i = 0; i < reasons.size(); i++) {
                if (CONDITION_FAILED.equals(reasons.get(i).code())) {
                  // A child's only condition is its format, which reading it refuses by name.
                  var item = readable(names.get(i), itemOf(reasons.get(i)));
                  if (i == 0 || anyRefuses) {
                    return CompletableFuture.completedFuture(new Answer(false, item));
                  }
                }
              }
              boolean met = reasons.stream().anyMatch(r -> CONFLICT.equals(r.code()));
              if (met && tries < CONFLICT_TRIES_MAX) {
                return transact(names, request, tries + 1, anyRefuses);
              }
              throw explained(names.get(0), fault);
            });
  }

  private static Map<String, AttributeValue> itemOf(CancellationReason reason) {
    return reason.hasItem() ? reason.item() : Map.of();
  }

  private Map<String, AttributeValue> readable(String name, Map<String, AttributeValue> item) {
    if (!Attributes.isOurs(item)) {
      throw new CheckpointException(
          name
              + " in DynamoDB table "
              + table
              + " is not one of Headrace's, its attribute "
              + Attributes.LEAST_READER
              + " is missing: it is left as it is; move it away, or give the application another"
              + " table");
    }
    return parsed(name, () -> Attributes.requireReadable(name, table, item));
  }

  private <T> T parsed(String name, Supplier<T> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException malformed) {
      throw new CheckpointException(
          name + " in DynamoDB table " + table + " can't be read: " + malformed.getMessage(),
          malformed);
    }
  }

  private CheckpointException explained(String name, Throwable fault) {
    if (fault instanceof CheckpointException known) {
      return known;
    }
    if (fault instanceof ResourceNotFoundException) {
      return new CheckpointException(
          "DynamoDB table "
              + table
              + " does not exist: create it with partition key pk and sort key sk, both strings",
          fault);
    }
    var sentence = name + " in DynamoDB table " + table + " can't be written now: " + fault;
    return isThrottling(fault)
        ? new CheckpointThrottledException(sentence, fault)
        : new CheckpointException(sentence, fault);
  }

  private static boolean isThrottling(Throwable fault) {
    if (fault instanceof TransactionCanceledException cancelled
        && cancelled.hasCancellationReasons()) {
      return cancelled.cancellationReasons().stream()
          .anyMatch(reason -> THROTTLED.contains(String.valueOf(reason.code())));
    }
    return fault instanceof SdkServiceException service && service.isThrottlingException();
  }

  /** The item as it is after the write, or as it refused it; empty when there is none. */
  private record Answer(boolean applied, Map<String, AttributeValue> item) {}
}
