package io.headrace.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.transport.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever comes down a socket, the right status or a closed connection follows, and soon. */
@Timeout(120)
class HostileBytesTest {
  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);
  private static final byte[] SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
  private static final int PING = 6;
  private static final int GO_AWAY = 7;
  private static final String HEAD =
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n"
          + "X-Amz-Target: Kinesis_20131202.ListStreams\r\nX-Amz-Date: 20260122T000000Z\r\n"
          + "Authorization: "
          + Wires.SIGNED
          + "\r\n";

  private LocalKinesis kinesis;

  @BeforeEach
  void start() {
    kinesis = LocalKinesis.builder().silenceMax(Duration.ofSeconds(60)).start();
  }

  @AfterEach
  void stillServesAndClose() {
    Wires.awaitService(kinesis.endpoint());
    kinesis.close();
  }

  @Test
  void bytes_that_are_no_http_are_a_bad_request() throws IOException {
    assertThat(exchange("\u0016\u0003\u0001nonsense\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(exchange("POST\r\n\r\n")).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void random_bytes_close_the_connection() throws IOException {
    beImpatient(Duration.ofMillis(300));
    long seed = 20260122;
    Random random = new Random(seed);
    for (int i = 0; i < 20; i++) {
      byte[] bytes = new byte[1 + random.nextInt(2_000)];
      random.nextBytes(bytes);
      byte[] afterPreface = join(PREFACE, bytes);

      assertThat(exchange(bytes)).as("seed %s, round %s", seed, i).isNotNull();
      assertThat(exchange(afterPreface)).as("seed %s, round %s", seed, i).isNotNull();
    }
  }

  @Test
  void half_a_request_is_given_up_after_a_silence() throws IOException {
    beImpatient(Duration.ofMillis(300));
    assertThat(exchange("PRI")).isEmpty();
    assertThat(exchange("POST / HT")).isEmpty();
    assertThat(exchange(HEAD + "Content-Length: 10\r\n\r\n{")).isEmpty();
  }

  @Test
  void a_request_that_trickles_in_is_given_up_though_it_is_never_silent()
      throws IOException, InterruptedException {
    beImpatient(Duration.ofMillis(300));
    for (String start :
        new String[] {"P", "POST / HTTP/1.1\r\nX: a", HEAD + "Content-Length: 99\r\n\r\n"}) {
      try (Socket socket = connect()) {
        socket.getOutputStream().write(start.getBytes(ISO_8859_1));
        socket.setSoTimeout(50);
        int said = 0;
        for (int i = 0; said == 0 && i < 1_000; i++) {
          try {
            said = socket.getInputStream().read();
          } catch (SocketTimeoutException open) {
            said = trickles(socket) ? 0 : -1;
          } catch (SocketException closed) {
            said = -1;
          }
        }

        assertThat(said).as(start).isNotZero();
      }
    }
  }

  private static boolean trickles(Socket socket) throws IOException {
    try {
      socket.getOutputStream().write('a');
      return true;
    } catch (SocketException closedMeanwhile) {
      return false;
    }
  }

  @Test
  void a_client_that_is_owed_an_answer_may_be_silent_for_as_long_as_that_takes()
      throws IOException {
    Impatience.untilHeard(
        silenceMax -> {
          kinesis.close();
          // While its clock stands still, a subscription has nothing to say.
          kinesis = LocalKinesis.builder().clock(new VirtualClock()).silenceMax(silenceMax).start();
          kinesis.createStream("orders", 1);
          String body =
              "{\"ConsumerARN\":\""
                  + consumer("arn:aws:kinesis:us-east-1:000000000000:stream/orders")
                  + "\",\"ShardId\":\"shardId-000000000000\","
                  + "\"StartingPosition\":{\"Type\":\"LATEST\"}}";
          String head = HEAD.replace("ListStreams", "SubscribeToShard");
          try (Socket socket = connect()) {
            socket
                .getOutputStream()
                .write(
                    (head + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                        .getBytes(ISO_8859_1));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] status = new byte[12];
            in.readFully(status);
            assertThat(new String(status, ISO_8859_1)).isEqualTo("HTTP/1.1 200");
            socket.setSoTimeout((int) silenceMax.multipliedBy(5).toMillis());
            assertThatThrownBy(in::readAllBytes).isInstanceOf(SocketTimeoutException.class);
          }
        });
  }

  private String consumer(String stream) {
    return Wires.json(
            kinesis.endpoint(),
            "RegisterStreamConsumer",
            "{\"StreamARN\":\"" + stream + "\",\"ConsumerName\":\"app\"}")
        .body()
        .path("Consumer")
        .path("ConsumerARN")
        .asText();
  }

  @Test
  void a_head_that_never_ends_is_a_bad_request() throws IOException {
    assertThat(exchange("POST / HTTP/1.1\r\nX: " + "a".repeat(100_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 4");
  }

  @Test
  void a_body_over_sixteen_mebibytes_is_too_large() throws IOException {
    String head = HEAD + "Content-Length: " + (HttpServer.BODY_BYTES_MAX + 1) + "\r\n\r\n";

    assertThat(status(head + "a".repeat(HttpServer.BODY_BYTES_MAX + 1))).isEqualTo("HTTP/1.1 413");
    assertThat(status(HEAD + "Content-Length: 99999999999\r\n\r\n")).isEqualTo("HTTP/1.1 413");
  }

  @Test
  void a_body_in_chunks_over_sixteen_mebibytes_is_too_large() throws IOException {
    String chunk = "1100000\r\n" + "a".repeat(0x1100000) + "\r\n0\r\n\r\n";

    assertThat(status(HEAD + "Transfer-Encoding: chunked\r\n\r\n" + chunk))
        .isEqualTo("HTTP/1.1 413");
  }

  @Test
  void requests_sent_without_waiting_are_answered_in_order() throws IOException {
    String request = HEAD + "Content-Length: 2\r\n\r\n{}";
    String unknown = request.replace("ListStreams", "Nothing");
    String last = HEAD + "Connection: close\r\nContent-Length: 2\r\n\r\n{}";

    String answers = exchange(request + unknown + last);

    assertThat(answers.split("HTTP/1.1 ", -1))
        .hasSize(4)
        .satisfies(
            parts -> {
              assertThat(parts[1]).startsWith("200");
              assertThat(parts[2]).startsWith("400");
              assertThat(parts[3]).startsWith("200");
            });
  }

  @Test
  void a_client_that_asks_before_it_sends_the_body_is_told_to_go_on() throws IOException {
    String request =
        HEAD + "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}";

    assertThat(exchange(request)).startsWith("HTTP/1.1 100 ").contains("HTTP/1.1 200 ");
  }

  @Test
  void the_connection_stays_open_after_an_answer_and_closes_when_asked_to() throws IOException {
    String request = HEAD + "Connection: close\r\nContent-Length: 2\r\n\r\n{}";

    assertThat(exchange(request))
        .startsWith("HTTP/1.1 200 ")
        .containsIgnoringCase("connection: close");
  }

  @Test
  void a_ping_of_http2_is_answered() throws IOException {
    byte[] ping = {0, 0, 8, PING, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    try (Socket socket = connect()) {
      socket.getOutputStream().write(join(PREFACE, SETTINGS, ping));
      byte[] frame = frame(socket.getInputStream(), PING);

      assertThat(frame[4]).as("the flag that makes it an answer").isEqualTo((byte) 1);
      assertThat(Arrays.copyOfRange(frame, 9, 17)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    }
  }

  @Test
  void a_broken_frame_of_http2_ends_the_connection_with_a_reason() throws IOException {
    byte[] settingsOfOneByte = {0, 0, 1, 4, 0, 0, 0, 0, 0, 0};
    try (Socket socket = connect()) {
      socket.getOutputStream().write(join(PREFACE, SETTINGS, settingsOfOneByte));

      assertThat(frame(socket.getInputStream(), GO_AWAY)).isNotEmpty();
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), kinesis.endpoint().getPort());
    socket.setSoTimeout(30_000);
    return socket;
  }

  private String exchange(String request) throws IOException {
    return exchange(request.getBytes(ISO_8859_1));
  }

  /** For what is cut off sooner or later; on a busy machine it hits those who speak in time too. */
  private void beImpatient(Duration silenceMax) {
    kinesis.close();
    kinesis = LocalKinesis.builder().silenceMax(silenceMax).start();
  }

  /** What the first line of the answer begins with, while the server may keep the connection. */
  private String status(String request) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readNBytes(12), ISO_8859_1);
    }
  }

  /** Everything the server says until it closes the connection, which it must. */
  private String exchange(byte[] request) throws IOException {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      try {
        out.write(request);
        out.flush();
        if (startsWith(request, PREFACE)) {
          // Bytes which look like half a frame wait for the rest, or for this.
          socket.shutdownOutput();
        }
      } catch (IOException closedAlready) {
        // The server may answer and close before it has read all of this.
      }
      try {
        in.transferTo(said);
      } catch (SocketException reset) {
        // Closing with bytes unread resets the connection; what was said before counts.
      }
    }
    return said.toString(ISO_8859_1);
  }

  private static boolean startsWith(byte[] bytes, byte[] start) {
    return Arrays.equals(Arrays.copyOf(bytes, start.length), start);
  }

  private static byte[] frame(InputStream in, int type) throws IOException {
    while (true) {
      byte[] head = in.readNBytes(9);
      assertThat(head).as("a frame of type %s before the end", type).hasSize(9);
      int length = ((head[0] & 0xff) << 16) | ((head[1] & 0xff) << 8) | (head[2] & 0xff);
      byte[] body = in.readNBytes(length);
      if (head[3] == type) {
        return join(head, body);
      }
    }
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }
}
