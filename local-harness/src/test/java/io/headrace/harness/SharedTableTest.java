package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * Several streams in one application, several applications in one table and one process, and a
 * table that somebody edited: whole workers over the local Kinesis and DynamoDB Local.
 */
@Timeout(240)
class SharedTableTest {
  private static final String TABLE = "headrace";
  private static final int KEYS = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension
  final HeadraceExtension headrace =
      HeadraceExtension.withStream("orders", 3).andStream("clicks", 2);

  /** What each function of each application handled, by key, in order. */
  private final Map<String, List<String>> handled = new ConcurrentHashMap<>();

  private final List<FunctionRuntime.Running> workers = new ArrayList<>();
  private final Map<String, Integer> rounds = new ConcurrentHashMap<>();
  private Duration leaseTime = Duration.ofSeconds(1);

  @AfterEach
  void stop() {
    workers.forEach(FunctionRuntime.Running::close);
  }

  @Test
  void one_application_reads_several_streams_and_functions_share_them_as_they_please() {
    for (var worker : List.of("ann", "bob")) {
      start(
          "shop",
          worker,
          spec("shop", "ofOrders", "orders"),
          spec("shop", "ofClicks", "clicks"),
          spec("shop", "ofBoth", "orders", "clicks"));
    }
    put("orders", 3);
    put("clicks", 3);
    awaitHandled("shop", "ofOrders", "orders");
    awaitHandled("shop", "ofClicks", "clicks");
    awaitHandled("shop", "ofBoth", "orders");
    awaitHandled("shop", "ofBoth", "clicks");

    workers.get(0).crash();
    put("orders", 3);
    put("clicks", 3);

    awaitHandled("shop", "ofOrders", "orders");
    awaitHandled("shop", "ofClicks", "clicks");
    awaitHandled("shop", "ofBoth", "orders");
    awaitHandled("shop", "ofBoth", "clicks");
  }

  @Test
  void applications_in_one_table_and_one_process_know_nothing_of_each_other() {
    // The same worker id, the same function name and a common stream: only the application differs.
    start("billing", "worker", spec("billing", "count", "orders"));
    start("audit", "worker", spec("audit", "count", "orders"), spec("audit", "look", "clicks"));
    put("orders", 3);
    put("clicks", 3);
    awaitHandled("billing", "count", "orders");
    awaitHandled("audit", "count", "orders");
    awaitHandled("audit", "look", "clicks");

    workers.get(0).crash();
    put("orders", 2);

    awaitHandled("audit", "count", "orders");
    awaitWell(workers.get(1));
    start("billing", "worker", spec("billing", "count", "orders"));
    awaitHandled("billing", "count", "orders");
    awaitWell(workers.get(1));
  }

  @Test
  void a_second_application_with_the_name_of_the_first_is_refused_and_both_are_named() {
    // Nobody crashes here, and whoever is slow to beat is not to count as dead.
    leaseTime = Duration.ofSeconds(5);
    start("shop", "ann", spec("shop", "ofOrders", "orders"));
    awaitReady(workers.get(0));

    start("shop", "bob", spec("shop", "ofClicks", "clicks"));

    await().atMost(PATIENCE).until(() -> !workers.get(1).health().alive());
    assertThat(workers.get(1).health().reasons())
        .singleElement()
        .asString()
        .contains("application shop in DynamoDB table headrace reads the streams [orders]")
        .containsPattern("its workers \\[ann#\\S+\\] are alive")
        .containsPattern("bob#\\S+ reads \\[clicks\\]");
    put("orders", 2);
    awaitHandled("shop", "ofOrders", "orders");
  }

  @Test
  void edited_rows_and_a_strangers_checkpoint_stop_their_own_shards_only_and_are_left_alone() {
    var first = start("shop", "ann", spec("shop", "ofOrders", "orders"));
    put("orders", 2);
    awaitHandled("shop", "ofOrders", "orders");
    first.close();
    var rows = items("shop!L!", false);
    var progress = items("shop!L!", true);
    assertThat(rows).hasSize(3);
    var edited = rows.get(0);
    edit(edited, "w", AttributeValue.fromSs(List.of("shardId-000000000077")));
    var foreign =
        progress.stream().filter(item -> !isAbout(item, edited)).findFirst().orElseThrow();
    replaceByStranger(foreign);
    var before = List.of(item(edited), item(foreign));

    start("shop", "bob", spec("shop", "ofOrders", "orders"));
    put("orders", 2);

    var good =
        rows.stream()
            .filter(row -> !row.equals(edited) && !isAbout(foreign, row))
            .findFirst()
            .orElseThrow();
    var shard = sort(good).substring(sort(good).indexOf('/') + 1);
    await()
        .atMost(PATIENCE)
        .until(() -> handled("shop", "ofOrders", "orders").stream().anyMatch(isLast(shard)));
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                workers.get(1).health().reasons().stream()
                    .anyMatch(
                        reason ->
                            reason.contains("progress item shop!L!")
                                && reason.contains("is not one of Headrace's")));
    assertThat(List.of(item(edited), item(foreign))).isEqualTo(before);
    assertThat(workers.get(1).health().alive()).isTrue();
  }

  private Predicate<String> isLast(String shard) {
    return text -> text.startsWith(shard + ":") && text.endsWith("/" + rounds.get("orders"));
  }

  private static boolean isAbout(
      Map<String, AttributeValue> item, Map<String, AttributeValue> row) {
    return sort(item).startsWith(sort(row) + "!");
  }

  private static String sort(Map<String, AttributeValue> item) {
    return item.get("sk").s();
  }

  private static Map<String, AttributeValue> keyOf(Map<String, AttributeValue> item) {
    return Map.of("pk", item.get("pk"), "sk", item.get("sk"));
  }

  private Map<String, AttributeValue> item(Map<String, AttributeValue> key) {
    return headrace
        .aws()
        .dynamoDb()
        .getItem(get -> get.tableName(TABLE).key(keyOf(key)).consistentRead(true))
        .join()
        .item();
  }

  /** Lease rows, or the progress that lies beside them. */
  private List<Map<String, AttributeValue>> items(String partition, boolean progress) {
    return headrace
        .aws()
        .dynamoDb()
        .scan(scan -> scan.tableName(TABLE).consistentRead(true))
        .join()
        .items()
        .stream()
        .filter(item -> item.get("pk").s().startsWith(partition))
        .filter(item -> sort(item).contains("!") == progress)
        .toList();
  }

  private void edit(Map<String, AttributeValue> item, String attribute, AttributeValue value) {
    headrace
        .aws()
        .dynamoDb()
        .updateItem(
            update ->
                update
                    .tableName(TABLE)
                    .key(keyOf(item))
                    .updateExpression("SET #a = :v")
                    .expressionAttributeNames(Map.of("#a", attribute))
                    .expressionAttributeValues(Map.of(":v", value)))
        .join();
  }

  /** As the KCL keeps a checkpoint. */
  private void replaceByStranger(Map<String, AttributeValue> item) {
    var stranger = new HashMap<>(keyOf(item));
    stranger.put("leaseKey", AttributeValue.fromS("shardId-000000000000"));
    stranger.put("checkpoint", AttributeValue.fromS("4950"));
    stranger.put("leaseCounter", AttributeValue.fromN("12"));
    headrace.aws().dynamoDb().putItem(put -> put.tableName(TABLE).item(stranger)).join();
  }

  @SafeVarargs
  private FunctionRuntime.Running start(
      String application, String worker, FunctionSpec<String, String>... specs) {
    var runtime =
        headrace
            .aws()
            .runtime(application)
            .workerId(worker)
            .leaseTime(leaseTime)
            .committingEvery(Duration.ofMillis(300))
            .stoppingWithin(Duration.ofSeconds(2));
    for (var spec : specs) {
      runtime.run(spec);
    }
    var running = runtime.start();
    workers.add(running);
    return running;
  }

  /** A machine that stands still for a moment leaves a reason for as long. */
  private static void awaitWell(FunctionRuntime.Running worker) {
    await().atMost(PATIENCE).until(() -> worker.health().reasons().isEmpty());
  }

  private static void awaitReady(FunctionRuntime.Running worker) {
    await().atMost(PATIENCE).until(() -> worker.health().ready());
  }

  private FunctionSpec<String, String> spec(String application, String name, String... streams) {
    var named = FunctionSpec.named(name);
    FunctionSpec.Reading<String> reading =
        streams.length == 1
            ? named.reading(input(streams[0]))
            : named.reading(input(streams[0]), input(streams[1]));
    return reading.handledBy(
        () -> (Event<String> event, Output<String> out) -> remember(application, name, event),
        Destination.<String>nowhere());
  }

  private static Input<String> input(String stream) {
    return Input.of(StreamSource.kinesis(stream), new Texts());
  }

  private void remember(String application, String function, Event<String> event) {
    handled
        .computeIfAbsent(
            application + " " + function + " " + event.id().stream(),
            key -> Collections.synchronizedList(new ArrayList<>()))
        .add(event.id().shard() + ":" + event.partitionKey() + "/" + event.value());
  }

  private List<String> handled(String application, String function, String stream) {
    return List.copyOf(
        handled.getOrDefault(application + " " + function + " " + stream, List.of()));
  }

  private void put(String stream, int more) {
    for (int i = 0; i < more; i++) {
      int number = rounds.merge(stream, 1, Integer::sum);
      var records =
          IntStream.range(0, KEYS)
              .mapToObj(
                  key ->
                      PutRecordsRequestEntry.builder()
                          .partitionKey("key-" + key)
                          .data(SdkBytes.fromUtf8String(Integer.toString(number)))
                          .build())
              .toList();
      var answer =
          headrace
              .aws()
              .kinesis()
              .putRecords(put -> put.streamName(stream).records(records))
              .join();
      assertThat(answer.failedRecordCount()).isZero();
    }
  }

  /** Every key has all its numbers, first deliveries in order. */
  private void awaitHandled(String application, String function, String stream) {
    var expected = IntStream.rangeClosed(1, rounds.get(stream)).boxed().toList();
    await()
        .atMost(PATIENCE)
        .alias(application + " " + function + " has handled all of " + stream)
        .untilAsserted(
            () -> {
              Map<String, List<Integer>> byKey = new ConcurrentHashMap<>();
              for (var text : handled(application, function, stream)) {
                var key = text.substring(text.indexOf(':') + 1, text.indexOf('/'));
                var number = Integer.valueOf(text.substring(text.indexOf('/') + 1));
                var numbers = byKey.computeIfAbsent(key, absent -> new ArrayList<>());
                if (!numbers.contains(number)) {
                  numbers.add(number);
                }
              }
              assertThat(byKey).hasSize(KEYS);
              assertThat(byKey.values()).allMatch(expected::equals);
            });
  }
}
