package io.headrace.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.management.UnixOperatingSystemMXBean;
import io.headrace.local.FuzzRequests.Made;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.internal.PlatformDependent;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Bad input of every kind, {@code -Dfuzz.inputs=100000} of it from {@code -Dfuzz.seed}: every
 * answer is a documented one and comes soon, and nothing is left behind.
 */
@Timeout(600)
class FuzzTest {
  private static final int INPUTS = Integer.getInteger("fuzz.inputs", 10_000);
  private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());
  private static final int BATCH = 50;
  private static final int FRAMES = 20;
  private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
  // What every action may answer beside what the service's model says of it.
  private static final Set<String> COMMON =
      Set.of(
          "ValidationException",
          "SerializationException",
          "UnknownOperationException",
          "AccessDeniedException",
          "MissingAuthenticationTokenException",
          "IncompleteSignatureException",
          "InvalidSignatureException",
          "InvalidArgumentException",
          "ResourceNotFoundException");
  // Bytes that are no request have no action, and their answer no type.
  private static final Set<Integer> WITHOUT_TYPE = Set.of(200, 400, 403, 404, 413, 414, 417, 431);

  private final VirtualClock clock = new VirtualClock();
  private final Map<String, Integer> answers = new TreeMap<>();
  private final ConcurrentLinkedQueue<String> leaks = new ConcurrentLinkedQueue<>();
  private ResourceLeakDetector.Level level;
  private LocalKinesis kinesis;
  private JsonNode model;
  private FuzzRequests requests;
  private byte[] hello;
  private int count;

  @BeforeEach
  void start() throws IOException, GeneralSecurityException {
    level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    ByteBufUtil.setLeakListener((type, records) -> leaks.add(type + records));
    kinesis =
        LocalKinesis.builder().clock(clock).shardsMax(200).memoryBytesMax(256L << 20).tls().start();
    kinesis.createStream("orders", 2);
    try (InputStream in = FuzzTest.class.getResourceAsStream("/conformance/model.json")) {
      model = Wires.JSON_MAPPER.readTree(in).path("actions");
    }
    requests = FuzzRequests.with(values());
    hello = hello();
  }

  @AfterEach
  void close() {
    kinesis.close();
    ResourceLeakDetector.setLevel(level);
  }

  @Test
  void whatever_comes_in_every_answer_is_a_documented_one_and_nothing_is_left_behind()
      throws Exception {
    System.out.println("fuzz.seed=" + SEED + " fuzz.inputs=" + INPUTS);
    run(new SplittableRandom(SEED), Math.max(500, INPUTS / 20));
    long handles = handles();
    long memory = memory();
    long start = System.nanoTime();

    run(new SplittableRandom(SEED + 1), INPUTS);

    System.out.println(
        "fuzz: %d inputs in %d ms: %s"
            .formatted(count, (System.nanoTime() - start) / 1_000_000, answers));
    Eventually.holds(
        () -> handles() <= handles + 5,
        Duration.ofSeconds(60),
        () -> "file handles, %d before, %d now".formatted(handles, handles()));
    System.gc();
    assertThat(memory() - memory).as("growth of direct memory").isLessThan(32L << 20);
    for (int i = 0; i < 200; i++) {
      ask(List.of(new Made("ListStreams", false, requests.goodRequest("ListStreams"))));
    }
    assertThat(leaks).as("seed %s", SEED).isEmpty();
  }

  private void run(SplittableRandom random, int inputs) throws IOException {
    count = 0;
    answers.clear();
    while (count < inputs) {
      // Time goes on, so that subscriptions may be had again and things expire.
      clock.advance(Duration.ofMillis(1_100));
      int kind = random.nextInt(100);
      if (kind < 70) {
        batch(random.split());
      } else if (kind < 82) {
        subscriptions(random.split());
      } else {
        connections(random.split());
      }
    }
  }

  private void batch(SplittableRandom random) throws IOException {
    List<Made> batch = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      int kind = random.nextInt(20);
      batch.add(
          kind < 14
              ? requests.badBody(random, i == BATCH - 1)
              : kind < 18 ? requests.badCbor(random) : requests.badHead(random));
    }
    ask(batch);
  }

  /** Sends all at once, and what is left once more when the server closes in between. */
  private void ask(List<Made> batch) throws IOException {
    int answered = 0;
    int attempts = 0;
    while (answered < batch.size()) {
      assertThat(attempts++).as("connections for one batch, %s", where()).isLessThan(BATCH + 2);
      try (RawHttp1 raw = RawHttp1.connect(port())) {
        try {
          raw.send(
              Mutations.joined(
                  batch.subList(answered, batch.size()).stream()
                      .map(Made::bytes)
                      .toArray(byte[][]::new)));
        } catch (SocketException closedAlready) {
          // Its reason can be read.
        }
        boolean open = true;
        while (open && answered < batch.size()) {
          RawHttp1.Answer answer = raw.next();
          check(batch.get(answered), answer);
          answered++;
          open = !answer.isEvents() && !answer.closes();
        }
      } catch (EOFException | SocketException closed) {
        throw new AssertionError(
            "no answer to %s, %s: %s".formatted(batch.get(answered), where(), closed), closed);
      } catch (IOException | AssertionError e) {
        throw new AssertionError(
            "on %s %s, %s: %s"
                .formatted(
                    batch.get(answered).action(),
                    new String(batch.get(answered).bytes(), ISO_8859_1),
                    where(),
                    e),
            e);
      }
    }
    count += batch.size();
  }

  private void check(Made made, RawHttp1.Answer answer) throws IOException {
    String type = "";
    String contentType = answer.headers().getOrDefault("content-type", "");
    if (answer.status() != 200 && contentType.startsWith("application/x-amz-")) {
      boolean cbor = contentType.startsWith(Wires.CBOR);
      type =
          (cbor ? Wires.CBOR_MAPPER : Wires.JSON_MAPPER)
              .readTree(answer.body())
              .path("__type")
              .asText();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(COMMON.contains(type) || errors(made.action()).contains(type))
          .as("%s is documented for %s", type, made.action())
          .isTrue();
    } else {
      assertThat(WITHOUT_TYPE).contains(answer.status());
    }
    answers.merge(answer.status() + " " + type, 1, Integer::sum);
  }

  private List<String> errors(String action) {
    List<String> errors = new ArrayList<>();
    model.path(action).path("errors").forEach(error -> errors.add(error.asText()));
    return errors;
  }

  /** A sequence of frames around subscriptions; then the connection is over or answers a ping. */
  private void subscriptions(SplittableRandom random) throws IOException {
    byte[] body = requests.goodBody("SubscribeToShard");
    try (RawHttp2 raw = RawHttp2.connect(port(), FuzzFrames.settings(random))) {
      StringBuilder sent = new StringBuilder();
      int oddness = random.nextInt(3) * 6;
      try {
        raw.send(FuzzFrames.subscription(1, body), FuzzFrames.subscription(3, body));
        for (int i = 0; i < FRAMES; i++) {
          if (random.nextInt(5) == 0) {
            ask(List.of(new Made("PutRecord", false, requests.goodRequest("PutRecord"))));
          }
          byte[] frame =
              random.nextInt(100) < oddness
                  ? FuzzFrames.odd(random, 3)
                  : FuzzFrames.likely(random, 3, body);
          sent.append(HexFormat.of().formatHex(frame)).append('\n');
          raw.send(frame);
        }
        byte[] question = ByteBuffer.allocate(8).putLong(random.nextLong()).array();
        raw.send(RawHttp2.frame(RawHttp2.PING, 0, 0, question));
        RawHttp2.Frame answer = raw.next(RawHttp2.PING);
        while (!Arrays.equals(answer.payload(), question)) {
          answer = raw.next(RawHttp2.PING);
        }
        answers.merge("subscriptions, still there", 1, Integer::sum);
      } catch (EOFException | SocketException closed) {
        answers.merge("subscriptions, closed", 1, Integer::sum);
      } catch (IOException e) {
        throw new AssertionError("%s after%n%s: %s".formatted(where(), sent, e), e);
      }
    }
    count += FRAMES;
  }

  /** Spoilt bytes, one connection each, which end soon after the client has said its last. */
  private void connections(SplittableRandom random) throws IOException {
    for (int i = 0; i < BATCH / 2; i++) {
      String action = requests.actions().get(random.nextInt(requests.actions().size()));
      byte[] bytes =
          switch (random.nextInt(4)) {
            case 0 -> hello;
            case 1 -> requests.goodRequest(action);
            default -> FuzzFrames.session(random, requests.goodBody("SubscribeToShard"));
          };
      byte[] bad = Mutations.bytes(bytes, random);
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
        socket.setSoTimeout(60_000);
        OutputStream out = socket.getOutputStream();
        try {
          out.write(bad);
          socket.shutdownOutput();
          byte[] said = socket.getInputStream().readAllBytes();
          answers.merge("connections, answered " + (said.length > 0), 1, Integer::sum);
          assertThat(new String(said, ISO_8859_1)).doesNotContain("HTTP/1.1 5");
        } catch (SocketException reset) {
          answers.merge("connections, reset", 1, Integer::sum);
        }
      } catch (IOException | AssertionError e) {
        throw new AssertionError(
            "%s on %s: %s".formatted(where(), HexFormat.of().formatHex(bad), e), e);
      }
      count++;
    }
  }

  private Map<String, String> values() {
    Wires.Answer put =
        clear("PutRecord", "{\"StreamName\":\"orders\",\"PartitionKey\":\"k\",\"Data\":\"AAAA\"}");
    Wires.Answer iterator =
        clear(
            "GetShardIterator",
            "{\"StreamName\":\"orders\",\"ShardId\":\"shardId-000000000000\","
                + "\"ShardIteratorType\":\"TRIM_HORIZON\"}");
    Wires.Answer consumer =
        clear("RegisterStreamConsumer", "{\"StreamARN\":\"" + ARN + "\",\"ConsumerName\":\"app\"}");
    return Map.of(
        "streamArn", ARN,
        "sequenceNumber", put.body().path("SequenceNumber").asText(),
        "iterator", iterator.body().path("ShardIterator").asText(),
        "consumerArn", consumer.body().path("Consumer").path("ConsumerARN").asText());
  }

  private Wires.Answer clear(String action, String body) {
    Wires.Answer answer = Wires.json(URI.create("http://127.0.0.1:" + port()), action, body);
    assertThat(answer.status()).as(action).isEqualTo(200);
    return answer;
  }

  private int port() {
    return kinesis.endpoint().getPort();
  }

  private String where() {
    return "seed " + SEED + ", " + count + " inputs before";
  }

  /** How a client of TLS begins. */
  private static byte[] hello() throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, null, null);
    SSLEngine engine = context.createSSLEngine("localhost", 1);
    engine.setUseClientMode(true);
    ByteBuffer hello = ByteBuffer.allocate(32 * 1024);
    engine.wrap(ByteBuffer.allocate(0), hello);
    byte[] bytes = new byte[hello.flip().remaining()];
    hello.get(bytes);
    return bytes;
  }

  private static long handles() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getOpenFileDescriptorCount();
  }

  private static long memory() {
    return PlatformDependent.usedDirectMemory();
  }
}
