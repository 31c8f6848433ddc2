package io.headrace.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;

/** HTTP/2 frame by frame, for what no client would ever send. */
final class RawHttp2 implements Closeable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RESET = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GO_AWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int ACK = 1;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);

  private final Socket socket;
  private final InputStream in;

  /** A frame as it came. */
  record Frame(int type, int flags, int stream, byte[] payload) {
    boolean has(int flag) {
      return (flags & flag) != 0;
    }

    int code() {
      return ByteBuffer.wrap(payload).getInt(type == GO_AWAY ? 4 : 0);
    }
  }

  private static final int SILENCE_MILLIS_MAX = 60_000;

  private RawHttp2(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
  }

  static RawHttp2 connect(int port, byte... settings) throws IOException {
    RawHttp2 raw = new RawHttp2(new Socket(InetAddress.getLoopbackAddress(), port));
    raw.socket.setSoTimeout(SILENCE_MILLIS_MAX);
    raw.socket.setTcpNoDelay(true);
    raw.send(PREFACE, frame(SETTINGS, 0, 0, settings));
    raw.next(SETTINGS);
    raw.send(frame(SETTINGS, ACK, 0));
    return raw;
  }

  static byte[] frame(int type, int flags, int stream, byte... payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >>> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  static byte[] setting(int id, int value) {
    return ByteBuffer.allocate(6).putShort((short) id).putInt(value).array();
  }

  static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /** A header as a literal that no table keeps. */
  static byte[] header(String name, String value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0);
    text(out, name);
    text(out, value);
    return out.toByteArray();
  }

  /** The head of a signed request. */
  static byte[] head(String action, Map<String, String> more) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(header(":method", "POST"));
    out.writeBytes(header(":scheme", "http"));
    out.writeBytes(header(":path", "/"));
    out.writeBytes(header(":authority", "localhost"));
    out.writeBytes(header("content-type", Wires.JSON));
    out.writeBytes(header("x-amz-target", "Kinesis_20131202." + action));
    out.writeBytes(header("x-amz-date", "20260122T000000Z"));
    out.writeBytes(header("authorization", Wires.SIGNED));
    more.forEach((name, value) -> out.writeBytes(header(name, value)));
    return out.toByteArray();
  }

  void send(byte[]... frames) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] frame : frames) {
      out.writeBytes(frame);
    }
    socket.getOutputStream().write(out.toByteArray());
  }

  /** The next frame; an EOFException at the end of the connection. */
  Frame next() throws IOException {
    byte[] head = in.readNBytes(9);
    if (head.length < 9) {
      throw new EOFException("the server closed the connection");
    }
    int length = ((head[0] & 0xff) << 16) | ((head[1] & 0xff) << 8) | (head[2] & 0xff);
    int stream = ByteBuffer.wrap(head).getInt(5);
    return new Frame(head[3], head[4] & 0xff, stream, in.readNBytes(length));
  }

  /** The next frame of this type, on whatever stream. */
  Frame next(int type) throws IOException {
    Frame frame = next();
    while (frame.type() != type) {
      if (frame.type() == GO_AWAY) {
        throw new EOFException(
            "the server goes away for reason "
                + frame.code()
                + ": "
                + new String(frame.payload(), 8, frame.payload().length - 8, ISO_8859_1));
      }
      frame = next();
    }
    return frame;
  }

  /** Whether the server closes the connection before anything is silent for so long. */
  boolean isClosedWithin(int silenceMillis) throws IOException {
    socket.setSoTimeout(silenceMillis);
    try {
      while (true) {
        next();
      }
    } catch (EOFException | java.net.SocketException closed) {
      return true;
    } catch (java.net.SocketTimeoutException open) {
      return false;
    } finally {
      socket.setSoTimeout(SILENCE_MILLIS_MAX);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    if (bytes.length < 127) {
      out.write(bytes.length);
    } else {
      out.write(127);
      int rest = bytes.length - 127;
      for (; rest >= 128; rest >>>= 7) {
        out.write(0x80 | (rest & 0x7f));
      }
      out.write(rest);
    }
    out.writeBytes(bytes);
  }
}
