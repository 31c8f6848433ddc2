package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** {@code headrace local}, driven by the AWS SDK for Java over its sockets. */
class LocalCommandTest {
  private static final int RECORDS = 100_000;
  private static final int BATCH = 500;
  private static final StaticCredentialsProvider ANY =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any"));

  @TempDir Path folder;

  @ParameterizedTest(name = "CBOR: {0}")
  @ValueSource(booleans = {true, false})
  void the_aws_sdk_puts_lists_and_reads_back_100000_records_in_order(boolean cbor)
      throws IOException {
    try (var local = HeadraceProcess.start(folder, "local", "--json", "--create", "orders:1");
        var kinesis = kinesis(endpoint(local.line(), "kinesis"), cbor)) {
      assertThat(kinesis.listStreams().join().streamNames()).containsExactly("orders");
      var shard = kinesis.listShards(r -> r.streamName("orders")).join().shards().get(0).shardId();

      for (int from = 0; from < RECORDS; from += BATCH) {
        var entries =
            IntStream.range(from, from + BATCH).mapToObj(LocalCommandTest::entry).toList();
        var answer = kinesis.putRecords(r -> r.streamName("orders").records(entries)).join();
        assertThat(answer.failedRecordCount()).isZero();
      }

      var numbers = new ArrayList<Integer>(RECORDS);
      String iterator =
          kinesis
              .getShardIterator(
                  r ->
                      r.streamName("orders")
                          .shardId(shard)
                          .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
              .join()
              .shardIterator();
      GetRecordsResponse page;
      do {
        String from = iterator;
        page = kinesis.getRecords(r -> r.shardIterator(from).limit(10_000)).join();
        page.records().forEach(record -> numbers.add(number(record)));
        iterator = page.nextShardIterator();
      } while (numbers.size() < RECORDS && !page.records().isEmpty());

      assertThat(numbers).isEqualTo(IntStream.range(0, RECORDS).boxed().toList());
    }
  }

  @Test
  void with_a_folder_of_data_what_was_put_is_there_after_a_kill() throws IOException {
    String[] command = {"local", "--json", "--create", "orders:2", "--data", "kept"};
    try (var local = HeadraceProcess.start(folder, command);
        var kinesis = kinesis(endpoint(local.line(), "kinesis"), true)) {
      var answer =
          kinesis.putRecords(r -> r.streamName("orders").records(entry(1), entry(2))).join();
      assertThat(answer.failedRecordCount()).isZero();
    }
    try (var local = HeadraceProcess.start(folder, command);
        var kinesis = kinesis(endpoint(local.line(), "kinesis"), true)) {
      var found = new ArrayList<Integer>();
      for (var shard : kinesis.listShards(r -> r.streamName("orders")).join().shards()) {
        var iterator =
            kinesis
                .getShardIterator(
                    r ->
                        r.streamName("orders")
                            .shardId(shard.shardId())
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .join()
                .shardIterator();
        kinesis
            .getRecords(r -> r.shardIterator(iterator))
            .join()
            .records()
            .forEach(record -> found.add(number(record)));
      }
      assertThat(found).containsExactlyInAnyOrder(1, 2);

      var second = CommandRun.of("local", "--data", folder.resolve("kept").toString());
      assertThat(second.exitCode()).isEqualTo(2);
      assertThat(second.err()).hasLineCount(1).contains("kept is in use by another local Kinesis");
    }
  }

  @Test
  void what_is_wrong_with_a_folder_of_data_is_one_sentence_and_exit_code_2() throws IOException {
    var file = Files.writeString(folder.resolve("file"), "x");
    for (var arguments :
        List.of(
            List.of("--data", file.toString()),
            List.of("--fsync", "sometimes"),
            List.of("--fsync", "always"))) {
      var run = CommandRun.of("local", arguments.get(0), arguments.get(1));

      assertThat(run.exitCode()).as("%s", arguments).isEqualTo(2);
      assertThat(run.err()).hasLineCount(1).contains(arguments.get(1)).doesNotContain("\tat");
    }
  }

  @Test
  void dynamodb_answers_beside_it() throws IOException {
    try (var local = HeadraceProcess.start(folder, "local", "--json");
        var dynamoDb =
            DynamoDbAsyncClient.builder()
                .endpointOverride(endpoint(local.line(), "dynamoDb"))
                .region(Region.US_EAST_1)
                .credentialsProvider(ANY)
                .build()) {
      assertThat(dynamoDb.listTables().join().tableNames()).isEmpty();
    }
  }

  @Test
  void it_prints_what_a_user_needs_and_stops_within_a_second_of_a_signal()
      throws IOException, InterruptedException {
    try (var local =
        HeadraceProcess.start(folder, "local", "--create", "orders:2", "--region", "eu-west-1")) {
      var lines = new ArrayList<String>();
      while (lines.isEmpty() || !lines.get(lines.size() - 1).contains("Ctrl-C ends it")) {
        lines.add(local.line());
      }
      assertThat(String.join("\n", lines))
          .contains("http://127.0.0.1:")
          .contains("orders, shards: 2")
          .contains("AWS_ENDPOINT_URL_KINESIS=")
          .contains("AWS_ENDPOINT_URL_DYNAMODB=")
          .contains(" AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 ");

      local.interrupt();

      assertThat(local.exitCode()).isEqualTo(130);
    }
  }

  @Test
  void it_stops_as_soon_with_a_hundred_subscriptions_open()
      throws IOException, InterruptedException {
    int shards = 100;
    try (var local = HeadraceProcess.start(folder, "local", "--json", "--create", "orders:100");
        var kinesis = kinesis(endpoint(local.line(), "kinesis"), true)) {
      var consumer =
          kinesis
              .registerStreamConsumer(
                  r ->
                      r.streamARN("arn:aws:kinesis:us-east-1:000000000000:stream/orders")
                          .consumerName("app"))
              .join()
              .consumer();
      var open = new CountDownLatch(shards);
      var ends = new ArrayList<CompletableFuture<Void>>();
      for (int i = 0; i < shards; i++) {
        var shard = "shardId-%012d".formatted(i);
        var first = new AtomicBoolean(true);
        ends.add(
            kinesis.subscribeToShard(
                r ->
                    r.consumerARN(consumer.consumerARN())
                        .shardId(shard)
                        .startingPosition(p -> p.type(ShardIteratorType.LATEST)),
                SubscribeToShardResponseHandler.builder()
                    .subscriber(
                        event -> {
                          if (first.getAndSet(false)) {
                            open.countDown();
                          }
                        })
                    .build()));
      }
      assertThat(open.await(60, TimeUnit.SECONDS)).isTrue();

      long start = System.nanoTime();
      local.terminate();

      assertThat(local.exitCode()).isEqualTo(143);
      System.out.println(
          "headrace local stopped in " + (System.nanoTime() - start) / 1_000_000 + " ms");
      assertThat(ends).allMatch(end -> end.handle((done, cut) -> true).join());
    }
  }

  @Test
  void with_tls_it_says_what_to_trust_and_a_client_that_does_is_served()
      throws IOException, GeneralSecurityException {
    var store = folder.resolve("trust.p12");
    try (var local =
        HeadraceProcess.start(
            folder, "local", "--json", "--create", "orders:1", "--tls-trust-store", "trust.p12")) {
      var said = new ObjectMapper().readTree(local.line());
      var endpoint = URI.create(said.get("kinesis").textValue());
      var trust = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
      var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trust);

      assertThat(endpoint.getScheme()).isEqualTo("https");
      assertThat(said.get("trustStore").textValue()).isEqualTo(store.toString());
      assertThat(Path.of(said.get("certificate").textValue())).content().contains("CERTIFICATE");
      try (var kinesis =
          KinesisAsyncClient.builder()
              .endpointOverride(endpoint)
              .region(Region.US_EAST_1)
              .credentialsProvider(ANY)
              .httpClientBuilder(
                  NettyNioAsyncHttpClient.builder()
                      .tlsTrustManagersProvider(managers::getTrustManagers))
              .build()) {
        assertThat(kinesis.listStreams().join().streamNames()).containsExactly("orders");
      }
    }
  }

  @Test
  void what_is_wrong_with_a_certificate_is_one_sentence_and_exit_code_2() {
    for (var arguments :
        List.of(
            List.of("--tls-own-pem", "absent.pem", "--tls-own-key", "absent.key"),
            List.of("--tls-own-pkcs12", "absent.p12"),
            List.of("--tls-own-pem", "absent.pem"),
            List.of("--tls-host", "two words"),
            List.of("--tls-own-pkcs12", "absent.p12", "--tls-host", "absent"),
            List.of("--tls-certificate", "/absent/headrace.pem"),
            List.of("--tls-trust-store", "/absent/headrace.p12"))) {
      var command = new ArrayList<>(List.of("local"));
      command.addAll(arguments);

      var run = CommandRun.of(command.toArray(String[]::new));

      assertThat(run.exitCode()).as("%s", arguments).isEqualTo(2);
      assertThat(run.err())
          .hasLineCount(1)
          .containsAnyOf("absent", "two words", "--tls-own-key", "--tls-host");
    }
  }

  @Test
  void limits_faults_and_the_endpoint_for_them_are_there_when_asked_for() throws IOException {
    Files.writeString(
        folder.resolve("faults.json"),
        "{\"seed\":9,\"rules\":[{\"action\":\"ListStreams\",\"error\":{\"code\":\"Odd\"}}]}");
    try (var local =
        HeadraceProcess.start(
            folder, "local", "--limits", "0.1", "--faults", "faults.json", "--admin")) {
      var endpoint = URI.create(local.line().replace("Kinesis", "").trim());
      String line = "";
      var said = new ArrayList<String>();
      while (!line.startsWith("admin")) {
        line = local.line();
        said.add(line);
      }

      assertThat(said).contains("limits     0.1", "faults     1 rules, seed 9");
      assertThat(line).isEqualTo("admin      " + endpoint + "/_headrace/faults");
      try (var kinesis = kinesis(endpoint, true)) {
        assertThatThrownBy(() -> kinesis.listStreams().join()).hasMessageContaining("fault rule");
      }
    }
  }

  @Test
  void what_is_wrong_with_limits_and_faults_is_one_sentence_and_exit_code_2() throws IOException {
    var file = folder.resolve("faults.json");
    Files.writeString(file, "{\"rules\":[{\"cut\":\"soon\"}]}");
    for (var arguments :
        List.of(
            List.of("--limits", "aws"),
            List.of("--faults", file.toString()),
            List.of("--faults", "/absent/faults.json"))) {
      var run = CommandRun.of("local", arguments.get(0), arguments.get(1));

      assertThat(run.exitCode()).as("%s", arguments).isEqualTo(2);
      assertThat(run.err()).hasLineCount(1).contains(arguments.get(1)).doesNotContain("\tat");
    }
  }

  @Test
  void a_port_in_use_is_one_sentence_and_exit_code_2() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (var option : List.of("--kinesis-port", "--dynamodb-port")) {
        var port = Integer.toString(taken.getLocalPort());

        var run = CommandRun.of("local", option, port);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).hasLineCount(1).contains(port).doesNotContain("Exception");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"orders", "orders:0", "or ders:1", ":1", "orders:x"})
  void a_wrong_stream_to_create_is_one_sentence_and_exit_code_2(String stream) {
    var run = CommandRun.of("local", "--create", stream);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).hasLineCount(1).contains("\"" + stream + "\"").contains("orders:4");
  }

  @Test
  void streams_are_created_in_the_region_that_was_named() throws IOException {
    String[] command = {"local", "--json", "--create", "orders:1", "--region", "eu-west-1"};
    try (var local = HeadraceProcess.start(folder, command)) {
      var endpoint = endpoint(local.line(), "kinesis");
      try (var there = kinesis(endpoint, Region.EU_WEST_1);
          var elsewhere = kinesis(endpoint, Region.US_EAST_1)) {
        assertThat(there.listStreams().join().streamNames()).containsExactly("orders");
        assertThat(elsewhere.listStreams().join().streamNames()).isEmpty();
      }
    }
    assertThat(CommandRun.of("local", "--region", "the moon").exitCode()).isEqualTo(2);
  }

  private static KinesisAsyncClient kinesis(URI endpoint, Region region) {
    return KinesisAsyncClient.builder()
        .endpointOverride(endpoint)
        .region(region)
        .credentialsProvider(ANY)
        .build();
  }

  @Test
  void more_shards_to_create_than_an_account_may_have_are_one_sentence_and_exit_code_2() {
    var run = CommandRun.of("local", "--create", "first:9999", "--create", "second:9999");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .hasLineCount(1)
        .contains("--create \"second\": ", "Limit: 10000")
        .doesNotContain("fault in Headrace");
  }

  private static KinesisAsyncClient kinesis(URI endpoint, boolean cbor) {
    var setting = SdkSystemSetting.CBOR_ENABLED.property();
    System.setProperty(setting, Boolean.toString(cbor));
    try {
      return KinesisAsyncClient.builder()
          .endpointOverride(endpoint)
          .region(Region.US_EAST_1)
          .credentialsProvider(ANY)
          .httpClientBuilder(NettyNioAsyncHttpClient.builder().maxConcurrency(200))
          .build();
    } finally {
      System.clearProperty(setting);
    }
  }

  private static URI endpoint(String json, String service) throws IOException {
    return URI.create(new ObjectMapper().readTree(json).get(service).textValue());
  }

  private static PutRecordsRequestEntry entry(int number) {
    return PutRecordsRequestEntry.builder()
        .partitionKey("key-" + number % 100)
        .data(SdkBytes.fromUtf8String("record " + number))
        .build();
  }

  private static int number(Record record) {
    return Integer.parseInt(record.data().asUtf8String().substring("record ".length()));
  }
}
