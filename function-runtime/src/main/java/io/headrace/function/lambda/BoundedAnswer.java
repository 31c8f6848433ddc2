package io.headrace.function.lambda;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Takes an answer's bytes, up to a bound. One thread at a time. */
final class BoundedAnswer extends OutputStream {
  private final int bytesMax;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  BoundedAnswer(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  @Override
  public void write(int one) throws IOException {
    refuseBeyond(1);
    bytes.write(one);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    refuseBeyond(length);
    bytes.write(from, offset, length);
  }

  byte[] toByteArray() {
    return bytes.toByteArray();
  }

  private void refuseBeyond(int more) throws IOException {
    if (more > bytesMax - bytes.size()) {
      throw new IOException("the handler's answer is larger than " + bytesMax + " bytes");
    }
  }
}
