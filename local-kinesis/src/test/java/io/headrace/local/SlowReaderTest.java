package io.headrace.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.local.engine.Engine;
import io.headrace.local.engine.EngineSettings;
import io.headrace.local.engine.PutEntry;
import io.headrace.local.engine.Shard;
import io.headrace.local.engine.StartFrom;
import io.headrace.local.engine.StreamKey;
import io.headrace.local.engine.StreamMode;
import io.headrace.local.protocol.Credentials;
import io.headrace.local.protocol.Protocol;
import io.headrace.local.transport.HttpServer;
import io.headrace.local.transport.HttpSettings;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that asks for much more than it has read does not make the server keep all of it. */
@Timeout(180)
class SlowReaderTest {
  private static final StreamKey ORDERS =
      new StreamKey(Credentials.DEFAULT_ACCOUNT, Credentials.DEFAULT_REGION, "orders");
  private static final int READS = 20;
  private static final int RECORDS = 10;
  private static final int RECORD_BYTES = 1_000_000;
  private static final long UNREAD_BYTES_MAX = 16L << 20;
  // Two answers in Base64, each in a buffer with room to grow, and the other clients' buffers make
  // 40 MiB; the four requests that the first read of a connection brings would make 88.
  private static final long MEMORY_MAX = 64L << 20;

  private final Engine engine =
      new Engine(new VirtualClock(), new EngineSettings(64L << 20, 10, Duration.ZERO));

  @Test
  void reads_of_ten_megabytes_sent_without_waiting_are_all_answered_in_bounded_memory()
      throws IOException {
    Duration silenceMax = Duration.ofSeconds(30);
    HttpSettings settings = new HttpSettings(0, silenceMax, UNREAD_BYTES_MAX, 32L << 20, null);
    try (HttpServer server = new HttpServer(new Protocol(engine), settings)) {
      String read = request("GetRecords", "{\"ShardIterator\":\"" + iterator() + "\"}");
      long before = directMemory();
      try (Socket socket = ask(server, read.repeat(READS))) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        int length = contentLength(in);
        answerToOtherClients(server);
        assertThat(directMemory() - before).isLessThan(MEMORY_MAX);

        in.skipNBytes(length);
        for (int i = 1; i < READS; i++) {
          int next = contentLength(in);
          assertThat(next).isEqualTo(length).isGreaterThan(RECORDS * RECORD_BYTES);
          in.skipNBytes(next);
        }
      }
    }
  }

  // One on each event loop, so that afterwards the loop of the slow reader has done what it will.
  private static void answerToOtherClients(HttpServer server) throws IOException {
    for (int i = 0; i < 2; i++) {
      try (Socket socket = ask(server, request("ListStreams", "{}"))) {
        contentLength(new DataInputStream(socket.getInputStream()));
      }
    }
  }

  private static long directMemory() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static Socket ask(HttpServer server, String requests) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(60_000);
    socket.getOutputStream().write(requests.getBytes(ISO_8859_1));
    return socket;
  }

  private String iterator() {
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    PutEntry entry = PutEntry.of("k", null, new byte[RECORD_BYTES]);
    engine.put(ORDERS, Collections.nCopies(RECORDS, entry));
    return engine.shardIterator(ORDERS, Shard.id(0), new StartFrom.TrimHorizon());
  }

  private static String request(String action, String body) {
    return "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n"
        + "X-Amz-Target: Kinesis_20131202."
        + action
        + "\r\nX-Amz-Date: 20260122T000000Z\r\n"
        + "Authorization: "
        + Wires.SIGNED
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  /** Reads the head of an answer, which must be a good one, and says how long its body is. */
  private static int contentLength(DataInputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    assertThat(head.toString()).startsWith("HTTP/1.1 200 ");
    return head.toString()
        .lines()
        .filter(line -> line.startsWith("content-length: "))
        .mapToInt(line -> Integer.parseInt(line.substring("content-length: ".length())))
        .findFirst()
        .orElseThrow();
  }
}
