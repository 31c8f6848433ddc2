package io.headrace.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** HTTP/1.1 byte by byte, for what no client would ever send. */
final class RawHttp1 implements Closeable {
  private final Socket socket;
  private final InputStream in;

  /** An answer; its body is not read when it comes in chunks, since such a one may never end. */
  record Answer(int status, Map<String, String> headers, byte[] body) {
    boolean isEvents() {
      return "chunked".equals(headers.get("transfer-encoding"));
    }

    boolean closes() {
      return "close".equalsIgnoreCase(headers.get("connection"));
    }
  }

  private RawHttp1(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
  }

  static RawHttp1 connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(60_000);
    socket.setTcpNoDelay(true);
    return new RawHttp1(socket);
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** The next final answer; an EOFException when the server closes the connection instead. */
  Answer next() throws IOException {
    Answer answer = read();
    while (answer.status() == 100) {
      answer = read();
    }
    return answer;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private Answer read() throws IOException {
    String first = line();
    if (!first.startsWith("HTTP/1.1 ")) {
      throw new AssertionError("no answer of HTTP/1.1: " + first);
    }
    Map<String, String> headers = new TreeMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    return new Answer(Integer.parseInt(first.substring(9, 12)), headers, in.readNBytes(length));
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the server closed the connection");
      }
      line.write(next);
    }
    return line.toString(ISO_8859_1).stripTrailing();
  }
}
