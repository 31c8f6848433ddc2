package io.headrace.local;

import static io.headrace.local.RawHttp2.frame;
import static io.headrace.local.RawHttp2.head;
import static io.headrace.local.RawHttp2.number;
import static io.headrace.local.RawHttp2.setting;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.local.RawHttp2.Frame;
import io.headrace.local.engine.ConsumerArn;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.EngineSettings;
import io.headrace.local.engine.Labels;
import io.headrace.local.engine.PutEntry;
import io.headrace.local.engine.Shard;
import io.headrace.local.engine.StreamKey;
import io.headrace.local.engine.StreamMode;
import io.headrace.local.protocol.Credentials;
import io.headrace.local.protocol.Protocol;
import io.headrace.local.transport.HttpServer;
import io.headrace.local.transport.HttpSettings;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.eventstream.Message;
import software.amazon.eventstream.MessageDecoder;

/** Subscriptions frame by frame: what flow control, resets, pings and a closing server do. */
@Timeout(240)
class SubscriptionFlowTest {
  private static final StreamKey ORDERS =
      new StreamKey(Credentials.DEFAULT_ACCOUNT, Credentials.DEFAULT_REGION, "orders");
  private static final int SETTING_WINDOW = 4;
  private static final int WINDOW_DEFAULT = 65_535;
  private static final int CANCEL = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final VirtualClock clock = new VirtualClock();
  private final Engine engine =
      new Engine(clock, new EngineSettings(8L << 30, 10_000, Duration.ZERO));
  private final HttpServer server =
      new HttpServer(new Protocol(engine), new HttpSettings(0, Duration.ofSeconds(90), null));

  @AfterEach
  void stillServesAndClose() {
    URI endpoint = URI.create("http://127.0.0.1:" + server.port());
    assertThat(Wires.json(endpoint, "ListStreams", "{}").status()).isEqualTo(200);
    server.close();
  }

  @Test
  void no_more_comes_than_the_windows_let_and_all_of_it_when_they_open() throws IOException {
    ConsumerArn app = create(1);
    List<PutEntry> entries = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      byte[] data = new byte[100_000];
      data[0] = (byte) i;
      entries.add(PutEntry.of("key \"" + i, "0", data));
    }
    engine.put(ORDERS, entries);
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      subscribe(raw, 1, app, 0);
      byte[] body = untilTheWindowIsFull(raw);
      // The answer to a ping comes after everything that was under way before it.
      raw.send(frame(RawHttp2.PING, 0, 0, new byte[8]));
      assertThat(raw.next().type()).isEqualTo(RawHttp2.PING);

      List<JsonNode> records = new ArrayList<>();
      MessageDecoder decoder = new MessageDecoder(message -> records.addAll(records(message)));
      decoder.feed(body);
      while (records.size() < 40) {
        raw.send(
            frame(RawHttp2.WINDOW_UPDATE, 0, 1, number(50_000)),
            frame(RawHttp2.WINDOW_UPDATE, 0, 0, number(50_000)));
        for (int got = 0; got < 50_000 && records.size() < 40; ) {
          byte[] payload = raw.next(RawHttp2.DATA).payload();
          got += payload.length;
          decoder.feed(payload);
        }
      }
      for (int i = 0; i < 40; i++) {
        assertThat(records.get(i).get("Data").binaryValue()).hasSize(100_000).startsWith((byte) i);
        assertThat(records.get(i).get("PartitionKey").asText()).isEqualTo("key \"" + i);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"400, 10000", "4, 1000000"})
  void a_thousand_subscribers_who_never_read_cost_little_though_gigabytes_wait_for_them(
      int records, int bytes) throws IOException {
    int shards = 50;
    List<ConsumerArn> consumers = new ArrayList<>();
    consumers.add(create(shards));
    for (int i = 1; i < 20; i++) {
      consumers.add(register("app-" + i));
    }
    fill(shards, records, bytes);
    long before = memory();
    try (RawHttp2 raw =
        RawHttp2.connect(server.port(), setting(SETTING_WINDOW, Integer.MAX_VALUE))) {
      raw.send(frame(RawHttp2.WINDOW_UPDATE, 0, 0, number(Integer.MAX_VALUE - WINDOW_DEFAULT)));
      int stream = 1;
      for (ConsumerArn consumer : consumers) {
        for (int shard = 0; shard < shards; shard++) {
          subscribe(raw, stream, consumer, shard);
          stream += 2;
        }
      }
      await(() -> subscriptions() == 1_000);
      answerToOthers();

      assertThat(memory() - before).isLessThan(160L << 20);
    }
    await(() -> subscriptions() == 0);
  }

  @Test
  void a_reset_frees_the_shard_at_once_and_many_of_them_do_not_cost_the_connection()
      throws IOException {
    ConsumerArn app = create(100);
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      int stream = 1;
      for (int round = 0; round < 5; round++) {
        int first = stream;
        for (int shard = 0; shard < 100; shard++) {
          subscribe(raw, stream, app, shard);
          stream += 2;
        }
        await(() -> subscriptions() == 100);
        for (int open = first; open < stream; open += 2) {
          raw.send(frame(RawHttp2.RESET, 0, open, number(CANCEL)));
        }
        await(() -> subscriptions() == 0);
      }
      raw.send(frame(RawHttp2.PING, 0, 0, new byte[8]));
      assertThat(raw.next(RawHttp2.PING).has(RawHttp2.ACK)).isTrue();
    }
  }

  @Test
  void a_thousand_subscriptions_of_one_connection_all_get_their_records() throws IOException {
    int shards = 1_000;
    ConsumerArn app = create(shards);
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      raw.send(frame(RawHttp2.WINDOW_UPDATE, 0, 0, number(1 << 30)));
      for (int shard = 0; shard < shards; shard++) {
        subscribe(raw, 2 * shard + 1, app, shard);
      }
      await(() -> subscriptions() == shards);
      fill(shards, 1, 10);

      Map<Integer, Integer> records = new HashMap<>();
      Map<Integer, byte[]> undecoded = new HashMap<>();
      while (records.size() < shards) {
        Frame frame = raw.next(RawHttp2.DATA);
        byte[] before = undecoded.getOrDefault(frame.stream(), new byte[0]);
        undecoded.put(
            frame.stream(),
            decodeWhole(
                before,
                frame.payload(),
                message ->
                    records(message)
                        .forEach(each -> records.merge(frame.stream(), 1, Integer::sum))));
      }
      assertThat(records.values()).containsOnly(1);
    }
  }

  @Test
  void a_subscriber_who_reads_nothing_more_is_cut_off_when_its_subscription_is_over()
      throws IOException {
    ConsumerArn app = create(1);
    fill(1, 4, 1_000_000);
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      subscribe(raw, 1, app, 0);
      // One that is over before its first event was taken just ends; this one is cut off within it.
      untilTheWindowIsFull(raw);
      clock.advance(Duration.ofMinutes(5));

      assertThat(raw.next(RawHttp2.RESET).stream()).isEqualTo(1);
    }
  }

  @Test
  void over_http_1_1_the_events_come_in_chunks_and_the_connection_lives_on() throws IOException {
    ConsumerArn app = create(1);
    fill(1, 3, 100_000);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(60_000);
      String body = body(app, 0);
      String request =
          "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n"
              + "X-Amz-Target: Kinesis_20131202.SubscribeToShard\r\n"
              + "X-Amz-Date: 20260122T000000Z\r\nAuthorization: "
              + Wires.SIGNED
              + "\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body;
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      assertThat(answerHead(in))
          .startsWith("HTTP/1.1 200 OK")
          .contains("content-type: application/vnd.amazon.eventstream")
          .contains("transfer-encoding: chunked");

      List<JsonNode> records = new ArrayList<>();
      List<String> types = new ArrayList<>();
      MessageDecoder decoder =
          new MessageDecoder(
              message -> {
                types.add(message.getHeaders().get(":event-type").getString());
                records.addAll(records(message));
              });
      while (records.size() < 3) {
        decoder.feed(chunk(in));
      }
      assertThat(types).startsWith("initial-response", "SubscribeToShardEvent");
      clock.advance(Duration.ofMinutes(5));
      while (true) {
        byte[] chunk = chunk(in);
        if (chunk.length == 0) {
          break;
        }
        decoder.feed(chunk);
      }

      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      assertThat(answerHead(in)).startsWith("HTTP/1.1 200 OK");
    }
    await(() -> subscriptions() == 0);
  }

  @Test
  void a_server_with_a_thousand_subscriptions_closes_within_a_second() throws IOException {
    int shards = 1_000;
    ConsumerArn app = create(shards);
    // As of any server: a second by its own limits, and what a busy machine adds.
    Eventually.isAsQuickAs(Duration.ofMillis(1_900), 10, () -> closing(app, shards));
  }

  private Duration closing(ConsumerArn app, int shards) throws IOException {
    HttpServer other =
        new HttpServer(new Protocol(engine), new HttpSettings(0, Duration.ofSeconds(90), null));
    try (RawHttp2 raw = RawHttp2.connect(other.port())) {
      for (int shard = 0; shard < shards; shard++) {
        subscribe(raw, 2 * shard + 1, app, shard);
      }
      await(() -> subscriptions() == shards);
      long start = System.nanoTime();
      other.close();
      Duration took = Duration.ofNanos(System.nanoTime() - start);

      assertThat(raw.isClosedWithin(60_000)).isTrue();
      await(() -> subscriptions() == 0);
      return took;
    }
  }

  private ConsumerArn create(int shards) {
    engine.createStream(ORDERS, StreamMode.PROVISIONED, shards);
    return register("app-0");
  }

  private ConsumerArn register(String name) {
    return engine.fanOut().register(ORDERS, name, Labels.NONE).arn();
  }

  private void fill(int shards, int records, int bytes) {
    byte[] data = new byte[bytes];
    BigInteger width = BigInteger.ONE.shiftLeft(128).divide(BigInteger.valueOf(shards));
    for (int shard = 0; shard < shards; shard++) {
      String hash = width.multiply(BigInteger.valueOf(shard)).toString();
      engine.put(ORDERS, Collections.nCopies(records, PutEntry.of("k", hash, data)));
    }
  }

  private int subscriptions() {
    return engine.totals().subscriptions();
  }

  private static byte[] untilTheWindowIsFull(RawHttp2 raw) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (body.size() < WINDOW_DEFAULT) {
      body.writeBytes(raw.next(RawHttp2.DATA).payload());
    }
    assertThat(body.size()).isEqualTo(WINDOW_DEFAULT);
    return body.toByteArray();
  }

  private static void subscribe(RawHttp2 raw, int stream, ConsumerArn consumer, int shard)
      throws IOException {
    byte[] body = body(consumer, shard).getBytes(UTF_8);
    raw.send(
        frame(
            RawHttp2.HEADERS,
            RawHttp2.END_HEADERS,
            stream,
            head("SubscribeToShard", Map.of("content-length", Integer.toString(body.length)))),
        frame(RawHttp2.DATA, RawHttp2.END_STREAM, stream, body));
  }

  private static String body(ConsumerArn consumer, int shard) {
    return "{\"ConsumerARN\":\"%s\",\"ShardId\":\"%s\",\"StartingPosition\":{\"Type\":\"TRIM_HORIZON\"}}"
        .formatted(consumer.arn(), Shard.id(shard));
  }

  /** Answers what is left; for many streams, as each MessageDecoder takes two mebibytes. */
  private static byte[] decodeWhole(byte[] before, byte[] more, Consumer<Message> decoded) {
    ByteBuffer bytes =
        ByteBuffer.allocate(before.length + more.length).put(before).put(more).flip();
    while (bytes.remaining() >= 4 && bytes.remaining() >= bytes.getInt(bytes.position())) {
      int length = bytes.getInt(bytes.position());
      decoded.accept(Message.decode(bytes.slice(bytes.position(), length)));
      bytes.position(bytes.position() + length);
    }
    byte[] left = new byte[bytes.remaining()];
    bytes.get(left);
    return left;
  }

  private static List<JsonNode> records(Message message) {
    try {
      List<JsonNode> records = new ArrayList<>();
      Wires.JSON_MAPPER.readTree(message.getPayload()).path("Records").forEach(records::add);
      return records;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void answerToOthers() throws IOException {
    URI endpoint = URI.create("http://127.0.0.1:" + server.port());
    for (int i = 0; i < 4; i++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        assertThat(socket.isConnected()).isTrue();
        assertThat(Wires.json(endpoint, "ListStreams", "{}").status()).isEqualTo(200);
      }
    }
  }

  private static String answerHead(DataInputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    return head.toString();
  }

  private static byte[] chunk(DataInputStream in) throws IOException {
    StringBuilder size = new StringBuilder();
    while (size.indexOf("\r\n") < 0) {
      size.append((char) in.readUnsignedByte());
    }
    byte[] chunk = new byte[Integer.parseInt(size.toString().trim(), 16)];
    in.readFully(chunk);
    in.readFully(new byte[2]);
    return chunk;
  }

  private static void await(BooleanSupplier condition) {
    Eventually.holds(condition, PATIENCE, () -> "within " + PATIENCE);
  }

  private static long memory() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    long direct =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum();
    return direct + runtime.totalMemory() - runtime.freeMemory();
  }
}
