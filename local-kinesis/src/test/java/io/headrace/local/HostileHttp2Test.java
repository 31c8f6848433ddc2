package io.headrace.local;

import static io.headrace.local.RawHttp2.frame;
import static io.headrace.local.RawHttp2.head;
import static io.headrace.local.RawHttp2.header;
import static io.headrace.local.RawHttp2.number;
import static io.headrace.local.RawHttp2.setting;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.local.RawHttp2.Frame;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.EngineSettings;
import io.headrace.local.engine.StreamKey;
import io.headrace.local.engine.StreamMode;
import io.headrace.local.protocol.Credentials;
import io.headrace.local.protocol.Protocol;
import io.headrace.local.protocol.Wire;
import io.headrace.local.transport.HttpServer;
import io.headrace.local.transport.HttpSettings;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;

/** Clients of HTTP/2 that want our memory or our time, and those that only look like it. */
@Timeout(240)
class HostileHttp2Test {
  private static final StreamKey ORDERS =
      new StreamKey(Credentials.DEFAULT_ACCOUNT, Credentials.DEFAULT_REGION, "orders");
  private static final int CANCEL = 8;
  private static final int REFUSED = 7;
  private static final int CALM = 11;
  private static final byte[] WHOLE = "{}".getBytes(ISO_8859_1);
  private static final int AT_ONCE = 100;
  private static final int SETTING_WINDOW = 4;
  private static final int BODIES_WAITING_MAX = 1_000;

  private Engine engine;
  private HttpServer server;

  @BeforeEach
  void start() {
    start(Duration.ofSeconds(90), 32L << 20);
  }

  @AfterEach
  void stillServesAndClose() {
    Wires.awaitService(URI.create("http://127.0.0.1:" + server.port()));
    server.close();
  }

  @Test
  void bodies_begun_in_many_streams_wait_for_each_other_in_bounded_memory() throws IOException {
    int streams = 1_000;
    long before = directMemory();
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      byte[] head = head("PutRecord", Map.of("content-length", "16000000"));
      byte[] data = new byte[16_000];
      for (int i = 0; i < streams; i++) {
        int stream = 2 * i + 1;
        raw.send(frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, stream, head));
        // As much as a stream may send that nobody has let in.
        for (int piece = 0; piece < 4; piece++) {
          raw.send(frame(RawHttp2.DATA, 0, stream, data));
        }
      }
      raw.send(frame(RawHttp2.PING, 0, 0, new byte[8]));
      Set<Integer> letIn = new HashSet<>();
      Frame frame = raw.next();
      while (frame.type() != RawHttp2.PING) {
        if (frame.type() == RawHttp2.WINDOW_UPDATE && frame.stream() > 0) {
          letIn.add(frame.stream());
        }
        frame = raw.next();
      }

      assertThat(letIn).containsExactlyInAnyOrder(1, 3);
      assertThat(directMemory() - before).isLessThan(160L << 20);
    }
  }

  @Test
  void a_body_too_many_is_refused_so_that_the_client_may_try_again() throws IOException {
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      byte[] head = head("PutRecord", Map.of("content-length", "16000000"));
      int last = 0;
      for (int i = 0; i < BODIES_WAITING_MAX + 3; i++) {
        last = 2 * i + 1;
        raw.send(frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, last, head));
      }
      Frame reset = raw.next(RawHttp2.RESET);

      assertThat(reset.stream()).isEqualTo(last);
      assertThat(reset.code()).isEqualTo(REFUSED);
    }
  }

  @Test
  void a_real_client_that_puts_more_at_once_than_may_be_under_way_gets_it_all_in() {
    server.close();
    start(Duration.ofSeconds(90), 2L << 20);
    URI endpoint = URI.create("http://127.0.0.1:" + server.port());
    SdkBytes data = SdkBytes.fromByteArray(new byte[700_000]);
    try (KinesisAsyncClient client =
        Clients.of(endpoint, Wire.CBOR, software.amazon.awssdk.http.Protocol.HTTP2)) {
      List<CompletableFuture<PutRecordResponse>> puts = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        puts.add(client.putRecord(r -> r.streamName("orders").partitionKey("k").data(data)));
      }
      puts.forEach(CompletableFuture::join);
    }
  }

  @Test
  void a_stream_that_never_sends_its_body_is_ended_and_the_connection_stays() throws IOException {
    Impatience.untilHeard(
        silenceMax -> {
          server.close();
          start(silenceMax, 32L << 20);
          try (RawHttp2 raw = RawHttp2.connect(server.port())) {
            byte[] head = head("ListStreams", Map.of("content-length", "2"));
            raw.send(frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, head));
            Frame reset = raw.next(RawHttp2.RESET);
            raw.send(
                frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 3, head),
                frame(RawHttp2.DATA, RawHttp2.END_STREAM, 3, WHOLE));
            Frame answer = raw.next(RawHttp2.DATA);

            assertThat(reset.stream()).isEqualTo(1);
            assertThat(reset.code()).isEqualTo(CANCEL);
            assertThat(answer.stream()).isEqualTo(3);
          }
        });
  }

  @Test
  void a_client_that_is_gone_without_a_word_is_found_out_and_one_that_waits_is_not()
      throws IOException {
    Impatience.untilHeard(
        silenceMax -> {
          server.close();
          start(silenceMax, 32L << 20);
          try (RawHttp2 gone = RawHttp2.connect(server.port());
              RawHttp2 waiting = RawHttp2.connect(server.port())) {
            for (int i = 0; i < 3; i++) {
              Frame asked = waiting.next(RawHttp2.PING);
              waiting.send(frame(RawHttp2.PING, RawHttp2.ACK, 0, asked.payload()));
            }

            assertThat(gone.isClosedWithin(60_000)).isTrue();
          }
        });
  }

  @Test
  void an_answer_trickles_through_the_smallest_window() throws IOException {
    try (RawHttp2 raw = RawHttp2.connect(server.port(), setting(SETTING_WINDOW, 1))) {
      byte[] head = head("ListStreams", Map.of());
      raw.send(
          frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, head),
          frame(RawHttp2.DATA, RawHttp2.END_STREAM, 1, WHOLE));
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      Frame data;
      do {
        data = raw.next(RawHttp2.DATA);
        assertThat(data.payload().length).isLessThanOrEqualTo(1);
        body.writeBytes(data.payload());
        raw.send(frame(RawHttp2.WINDOW_UPDATE, 0, 1, number(1)));
      } while (!data.has(RawHttp2.END_STREAM));

      assertThat(body.toString(ISO_8859_1)).contains("\"StreamNames\":[\"orders\"]");
    }
  }

  @Test
  void thousands_of_streams_given_up_at_once_are_nothing_to_complain_about() throws IOException {
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      byte[] head = head("ListStreams", Map.of());
      for (int i = 0; i < 5_000; i++) {
        raw.send(
            frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 2 * i + 1, head),
            frame(RawHttp2.RESET, 0, 2 * i + 1, number(CANCEL)));
      }
      raw.send(
          frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 20_001, head),
          frame(RawHttp2.DATA, RawHttp2.END_STREAM, 20_001, WHOLE));

      Frame answer = raw.next(RawHttp2.DATA);
      assertThat(answer.stream()).isEqualTo(20_001);
    }
  }

  @Test
  void a_flood_of_streams_begun_and_given_up_ends_the_connection() throws IOException {
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      byte[] head = head("ListStreams", Map.of());
      int code = flood(raw, 50_000, i -> both(head, 2 * i + 1));

      assertThat(code).isEqualTo(CALM);
    }
  }

  @Test
  void a_flood_of_empty_continuations_ends_the_connection() throws IOException {
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      raw.send(frame(RawHttp2.HEADERS, 0, 1, head("ListStreams", Map.of())));
      int code = flood(raw, 10_000, i -> frame(RawHttp2.CONTINUATION, 0, 1));

      assertThat(code).isEqualTo(CALM);
    }
  }

  @Test
  void a_flood_of_pings_or_settings_whose_answers_nobody_reads_is_bounded() throws IOException {
    for (byte[] frame :
        List.of(frame(RawHttp2.PING, 0, 0, new byte[8]), frame(RawHttp2.SETTINGS, 0, 0))) {
      long before = directMemory();
      try (RawHttp2 raw = RawHttp2.connect(server.port())) {
        byte[] many = repeated(frame, 1_000);
        try {
          for (int i = 0; i < 500; i++) {
            raw.send(many);
          }
        } catch (IOException closed) {
          // As it should, or it reads no more.
        }
        assertThat(directMemory() - before).isLessThan(64L << 20);
      }
    }
  }

  @Test
  void headers_that_never_end_are_refused() throws IOException {
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      raw.send(frame(RawHttp2.HEADERS, 0, 1, head("ListStreams", Map.of())));
      byte[] more = frame(RawHttp2.CONTINUATION, 0, 1, header("x", "a".repeat(16_000)));
      int code = flood(raw, 1_000, i -> more);

      assertThat(code).isPositive();
    }
  }

  @Test
  void headers_within_reason_are_taken_and_larger_ones_end_the_stream_only() throws IOException {
    try (RawHttp2 raw = RawHttp2.connect(server.port())) {
      byte[] head = head("ListStreams", Map.of());
      for (int i = 0; i < 2; i++) {
        int stream = 2 * i + 1;
        int size = i == 0 ? 40_000 : 70_000;
        byte[] more = header("x-amz-security-token", "a".repeat(size));
        raw.send(
            frame(RawHttp2.HEADERS, 0, stream, head),
            frame(RawHttp2.CONTINUATION, RawHttp2.END_HEADERS, stream, more),
            frame(RawHttp2.DATA, RawHttp2.END_STREAM, stream, WHOLE));
        Frame answer = raw.next(i == 0 ? RawHttp2.DATA : RawHttp2.HEADERS);

        assertThat(answer.stream()).isEqualTo(stream);
      }
      raw.send(
          frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 5, head),
          frame(RawHttp2.DATA, RawHttp2.END_STREAM, 5, WHOLE));
      assertThat(raw.next(RawHttp2.DATA).stream()).isEqualTo(5);
    }
  }

  private void start(Duration silenceMax, long bodiesBytesMax) {
    engine = new Engine(new VirtualClock(), new EngineSettings(256L << 20, 10, Duration.ZERO));
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    server =
        new HttpServer(
            new Protocol(engine), new HttpSettings(0, silenceMax, 64L << 20, bodiesBytesMax, null));
  }

  private interface Frames {
    byte[] at(int index);
  }

  /** Sends until the server has had enough, and answers the reason that it gives. */
  private static int flood(RawHttp2 raw, int count, Frames frames) throws IOException {
    try {
      for (int i = 0; i < count; i += AT_ONCE) {
        raw.send(IntStream.range(i, i + AT_ONCE).mapToObj(frames::at).toArray(byte[][]::new));
      }
    } catch (IOException closed) {
      // The reason may lie in what has come before.
    }
    try {
      return raw.next(RawHttp2.GO_AWAY).code();
    } catch (EOFException | SocketException reset) {
      // The frames that the server did not read reset the connection, and with it the reason.
      return CALM;
    }
  }

  private static byte[] both(byte[] head, int stream) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, stream, head));
    out.writeBytes(frame(RawHttp2.RESET, 0, stream, number(CANCEL)));
    return out.toByteArray();
  }

  private static byte[] repeated(byte[] frame, int times) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    IntStream.range(0, times).forEach(i -> out.writeBytes(frame));
    return out.toByteArray();
  }

  private static long directMemory() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}
