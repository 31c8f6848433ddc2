package io.headrace.function.aws;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.function.Codec;
import io.headrace.function.DeadLetter;
import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.DiscardedBatch;
import io.headrace.function.FunctionEvent;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.LetterSink;
import io.headrace.function.RetryPolicy;
import io.headrace.function.RuntimeListener;
import io.headrace.function.SinkLetter;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.ThreadedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Letters in an S3Mock and an ElasticMQ, over their sockets. */
class AwsLettersTest {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final StaticCredentialsProvider ANYBODY =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));

  private static final S3AsyncClient S3 =
      S3AsyncClient.builder()
          .endpointOverride(ForeignServers.s3())
          .region(Region.US_EAST_1)
          .credentialsProvider(ANYBODY)
          .forcePathStyle(true)
          .build();

  private static final SqsAsyncClient SQS =
      SqsAsyncClient.builder()
          .endpointOverride(ForeignServers.sqs())
          .region(Region.US_EAST_1)
          .credentialsProvider(ANYBODY)
          .build();

  private final String name = "letters" + NAMES.incrementAndGet();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (var each : opened) {
      each.close();
    }
  }

  private AwsServices services(URI sqs, URI s3) {
    var nowhere = Optional.of(URI.create("http://127.0.0.1:1"));
    var services =
        AwsServices.at(
            new AwsServices.Endpoints(
                Optional.of("us-east-1"), nowhere, nowhere, Optional.of(sqs), Optional.of(s3)));
    opened.add(services);
    return services;
  }

  private LetterSink open(DeadLetters sink) {
    return services(ForeignServers.sqs(), ForeignServers.s3()).letters().open(sink).orElseThrow();
  }

  private URI queue(String queue) throws Exception {
    var attributes =
        queue.endsWith(".fifo")
            ? Map.of(QueueAttributeName.FIFO_QUEUE, "true")
            : Map.<QueueAttributeName, String>of();
    return URI.create(
        SQS.createQueue(create -> create.queueName(queue).attributes(attributes))
            .get(60, TimeUnit.SECONDS)
            .queueUrl());
  }

  private static List<Message> messages(URI queue, int wanted) throws Exception {
    var all = new ArrayList<Message>();
    for (int looks = 0; looks < 60 && all.size() < wanted; looks++) {
      var answer =
          SQS.receiveMessage(
                  receive ->
                      receive
                          .queueUrl(queue.toString())
                          .maxNumberOfMessages(10)
                          .visibilityTimeout(600)
                          .messageAttributeNames("All"))
              .get(60, TimeUnit.SECONDS);
      for (var message : answer.messages()) {
        all.add(message);
        SQS.deleteMessage(
                delete -> delete.queueUrl(queue.toString()).receiptHandle(message.receiptHandle()))
            .get(60, TimeUnit.SECONDS);
      }
    }
    return all;
  }

  private static List<String> objects(String prefix) throws Exception {
    var texts = new ArrayList<String>();
    var listed =
        S3.listObjectsV2(list -> list.bucket("letters").prefix(prefix)).get(60, TimeUnit.SECONDS);
    for (S3Object object : listed.contents()) {
      texts.add(
          S3.getObject(
                  get -> get.bucket("letters").key(object.key()),
                  AsyncResponseTransformer.toBytes())
              .get(60, TimeUnit.SECONDS)
              .asUtf8String());
    }
    return texts;
  }

  private static void put(LetterSink sink, SinkLetter... letters) throws Exception {
    sink.put(List.of(letters)).toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static DeadLetter letter(int number, int payloadBytes) {
    return new DeadLetter(
        "totals",
        "orders/shardId-000000000000/49" + number + ":0",
        "käy " + number,
        Instant.parse("2026-01-31T12:00:00Z"),
        Instant.parse("2026-01-31T23:59:59.999Z"),
        3,
        "RetryAttemptsExhausted",
        "java.io.IOException",
        "down",
        Base64.getEncoder().encodeToString(new byte[payloadBytes]));
  }

  @Test
  void a_letter_lies_in_the_bucket_as_it_was_put_and_once() throws Exception {
    var sink = open(DeadLetters.inBucket("letters", name));

    put(sink, letter(1, 10), letter(2, 2 << 20));
    put(sink, letter(1, 10));

    assertThat(sink.name()).isEqualTo("bucket s3://letters/" + name);
    assertThat(objects(name + "/totals/2026/01/31/orders/shardId-000000000000/"))
        .containsExactlyInAnyOrder(json(letter(1, 10)), json(letter(2, 2 << 20)));
  }

  private static DiscardedBatch batch() {
    var at = Instant.parse("2026-01-31T12:00:00Z");
    return new DiscardedBatch(
        "totals/orders/shardId-000000000000/49:0#1",
        "headrace:app:totals",
        "RecordAgeExceeded",
        1,
        Optional.empty(),
        at,
        "shardId-000000000000",
        "49",
        "57",
        at,
        at,
        9,
        "orders");
  }

  @Test
  void where_a_batch_lies_is_told_in_queues_and_buckets_as_letters_are() throws Exception {
    var queue = queue(name + ".fifo");

    put(open(DeadLetters.inQueue(queue)), batch());
    put(open(DeadLetters.inBucket("letters", name)), batch());

    var messages = messages(queue, 1);
    assertThat(messages).extracting(Message::body).containsExactly(json(batch()));
    assertThat(messages.get(0).messageAttributes().get("code").stringValue())
        .isEqualTo("RecordAgeExceeded");
    assertThat(objects(name + "/totals/2026/01/31/orders/shardId-000000000000/49"))
        .containsExactly(json(batch()));
  }

  private static String json(SinkLetter letter) {
    return new String(letter.json(Integer.MAX_VALUE), UTF_8);
  }

  @Test
  void letters_lie_in_the_queue_with_their_code_beside_them() throws Exception {
    var queue = queue(name);
    var letters = new DeadLetter[25];
    for (int i = 0; i < letters.length; i++) {
      letters[i] = letter(i, 20_000);
    }

    put(open(DeadLetters.inQueue(queue)), letters);

    var messages = messages(queue, letters.length);
    assertThat(messages).hasSize(letters.length);
    assertThat(messages).extracting(Message::body).contains(json(letters[0]), json(letters[24]));
    assertThat(messages.get(0).messageAttributes().get("code").stringValue())
        .isEqualTo("RetryAttemptsExhausted");
  }

  @Test
  void letters_of_a_key_stay_in_order_in_a_queue_that_keeps_one() throws Exception {
    var queue = queue(name + ".fifo");
    var sink = open(DeadLetters.inQueue(queue));
    var letters = new ArrayList<DeadLetter>();
    for (int i = 10; i < 22; i++) {
      letters.add(letter(i, 10));
    }

    put(sink, letters.toArray(DeadLetter[]::new));
    put(sink, letters.get(0));

    assertThat(messages(queue, 12)).extracting(Message::body).hasSize(12).doesNotHaveDuplicates();
  }

  @Test
  void what_a_queue_does_not_take_of_keys_and_codes_holds_no_letter_up() throws Exception {
    var queue = queue(name);
    var plain = letter(1, 10);
    var odd =
        new DeadLetter(
            plain.function(),
            plain.id(),
            "\uFFFF\uFFFE\u0001\uD800",
            plain.arrivedAt(),
            plain.failedAt(),
            1,
            "odd\u0001\uFFFF",
            plain.cause(),
            "\uFFFF",
            plain.payload());

    put(open(DeadLetters.inQueue(queue)), odd);

    var message = messages(queue, 1).get(0);
    assertThat(message.messageAttributes().get("code").stringValue()).isEqualTo("odd??");
    assertThat(message.body()).contains("\"partitionKey\":\"\\uffff\\ufffe\\u0001\\ud800\"");
  }

  @Test
  void a_letter_with_a_long_name_lies_in_the_bucket_under_a_short_one() {
    var letters = new S3Letters(S3, DeadLetters.inBucket("letters", "p".repeat(256)));
    var names = new ArrayList<String>();
    for (var end : List.of("a", "b")) {
      var plain = letter(1, 10);
      names.add(
          letters.keyOf(
              new DeadLetter(
                  plain.function(),
                  "orders/shardId-000000000000/window/" + "ü".repeat(255) + end,
                  plain.partitionKey(),
                  plain.arrivedAt(),
                  plain.failedAt(),
                  1,
                  plain.code(),
                  plain.cause(),
                  plain.message(),
                  plain.payload())));
    }

    assertThat(names).doesNotHaveDuplicates().allMatch(key -> key.length() <= 1_024);
  }

  @Test
  void a_letter_too_large_for_the_queue_goes_without_its_payload_and_says_so() throws Exception {
    var queue = queue(name);

    put(open(DeadLetters.inQueue(queue)), letter(1, 900_000), letter(2, 10));

    var messages = messages(queue, 2);
    assertThat(messages).hasSize(2);
    assertThat(messages).extracting(Message::body).contains(json(letter(2, 10)));
    assertThat(messages)
        .extracting(Message::body)
        .anySatisfy(
            body ->
                assertThat(body)
                    .contains("\"payload\":\"\"", "\"leftOut\":\"a payload of about 900")
                    .hasSizeLessThan(2_000));
  }

  @Test
  void a_letter_too_large_for_the_queue_lies_whole_in_the_bucket_that_was_named() throws Exception {
    var queue = queue(name);
    var sink = open(DeadLetters.inQueue(queue).spillingTo(DeadLetters.inBucket("letters", name)));

    put(sink, letter(1, 900_000));

    assertThat(objects(name)).containsExactly(json(letter(1, 900_000)));
    var messages = messages(queue, 1);
    assertThat(messages.get(0).body()).contains("the whole letter is s3://letters/" + name + "/");
  }

  @Test
  void a_queue_half_of_whose_requests_fail_gets_every_letter_before_its_record_is_passed()
      throws Exception {
    var queue = queue(name);
    try (var proxy = new FlakyProxy(ForeignServers.sqs(), 11)) {
      var through = URI.create(proxy.at() + queue.getPath());
      var ids =
          letterAll(services(proxy.at(), ForeignServers.s3()), DeadLetters.inQueue(through), proxy);

      var bodies = messages(queue, 200).stream().map(Message::body).toList();
      assertThat(ids).allSatisfy(id -> assertThat(bodies).anyMatch(body -> body.contains(id)));
    }
  }

  @Test
  void a_bucket_half_of_whose_requests_fail_gets_every_letter_before_its_record_is_passed()
      throws Exception {
    try (var proxy = new FlakyProxy(ForeignServers.s3(), 12)) {
      var ids =
          letterAll(
              services(ForeignServers.sqs(), proxy.at()),
              DeadLetters.inBucket("letters", name),
              proxy);

      var bodies = objects(name);
      assertThat(bodies).hasSize(ids.size());
      assertThat(ids).allSatisfy(id -> assertThat(bodies).anyMatch(body -> body.contains(id)));
    }
  }

  /** Runs a function that can handle nothing, until all its records are in letters. */
  private Set<String> letterAll(AwsServices aws, DeadLetters sink, FlakyProxy proxy)
      throws Exception {
    int records = 60;
    var all = new CountDownLatch(records);
    Set<String> ids = ConcurrentHashMap.newKeySet();
    CheckpointStore checkpoints = new InMemoryCheckpointStore();
    proxy.failing(0.5);
    try (var loop = ThreadedLoop.start("test-stream", thrown -> {})) {
      var streams = new InMemoryStreams("kinesis");
      var in = streams.create("in", 2, loop);
      try (var running =
          FunctionRuntime.named("app")
              .leasesIn(new InMemoryLeaseTable())
              .checkpointsIn(checkpoints)
              .connecting(streams)
              .connecting(aws.letters())
              .deadLettersIn(sink)
              .committingEvery(Duration.ofMillis(100))
              .observedBy(
                  new RuntimeListener() {
                    @Override
                    public void on(Object event) {
                      if (event instanceof FunctionEvent.DeadLettered one) {
                        ids.add(one.shard().shard().value() + "/" + one.position() + "\"");
                        all.countDown();
                      }
                    }
                  })
              .run(refusing())
              .start()) {
        for (int i = 0; i < records; i++) {
          var unused = in.put("key " + i, ("value " + i).getBytes(UTF_8));
        }
        assertThat(all.await(90, TimeUnit.SECONDS)).as("%s", running.health()).isTrue();
      }
    }
    assertThat(proxy.failures()).isGreaterThan(records / 4);
    proxy.failing(0);
    var entered = checkpoints.letters().ofFunction("refusing").toCompletableFuture().join();
    assertThat(entered.letters()).hasSize(records);
    assertThat(ids).hasSize(records);
    return ids;
  }

  private static FunctionSpec<String, String> refusing() {
    return FunctionSpec.named("refusing")
        .reading(Input.of(StreamSource.kinesis("in"), new Text()))
        .retrying(RetryPolicy.upTo(0))
        .handledBy(
            () ->
                (event, out) -> {
                  throw new IllegalStateException("refused");
                },
            Destination.nowhere());
  }

  private record Text() implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(UTF_8);
    }
  }
}
