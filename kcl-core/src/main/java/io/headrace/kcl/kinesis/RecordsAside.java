package io.headrace.kcl.kinesis;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * The records of one GetRecords call, beside the answer that the SDK gets. An answer that {@link
 * RecordsBody} does not know goes through as it came, and so does one with a checksum, which the
 * SDK compares with what it gets.
 *
 * <p>The SDK's threads write, and whoever has the answer reads.
 */
final class RecordsAside implements Aside {
  private static final String CBOR = "application/x-amz-cbor-1.1";
  private static final String JSON = "application/x-amz-json-1.1";

  /** Of the body as it was sent. */
  private static final String CHECKSUM = "x-amz-crc32";

  private static final int SIZE_MIN = 1 << 10;

  /** What a page of 10 MiB takes in JSON, where it is longest; one with longer keys grows. */
  private static final int SIZE_MAX = 16 << 20;

  private volatile @Nullable List<StoredRecord> records;

  /** The records of the answer; null when they are in the answer itself. */
  @Nullable List<StoredRecord> records() {
    return records;
  }

  @Override
  public Optional<Publisher<ByteBuffer>> taking(Context.ModifyHttpResponse context) {
    records = null;
    var body = context.responsePublisher();
    var head = context.httpResponse();
    var form = formOf(head);
    return form == null
        ? body
        : body.map(
            whole -> reader -> reader.onSubscribe(new Body(whole, reader, form, sizeOf(head))));
  }

  /** Takes a body apart; null when it can't. */
  private interface Form {
    @Nullable RecordsBody read(byte[] body);
  }

  private static @Nullable Form formOf(SdkHttpResponse response) {
    if (!response.isSuccessful() || response.firstMatchingHeader(CHECKSUM).isPresent()) {
      return null;
    }
    return switch (response.firstMatchingHeader("Content-Type").orElse("")) {
      case CBOR -> RecordsBody::ofCbor;
      case JSON -> RecordsBody::ofJson;
      default -> null;
    };
  }

  /** What room to begin with: a length that is not told, or is nonsense, costs copies only. */
  private static int sizeOf(SdkHttpResponse response) {
    try {
      long told = response.firstMatchingHeader("Content-Length").map(Long::parseLong).orElse(0L);
      return (int) Math.max(SIZE_MIN, Math.min(SIZE_MAX, told));
    } catch (NumberFormatException notANumber) {
      return SIZE_MIN;
    }
  }

  /** Collects a body, and hands on what is left of it, once it is asked for any of it. */
  private final class Body implements Subscription, Subscriber<ByteBuffer> {
    private final Publisher<ByteBuffer> whole;
    private final Subscriber<? super ByteBuffer> reader;
    private final Form form;
    private final Bytes bytes;
    private @Nullable Subscription source;
    private boolean asked;
    private boolean cancelled;

    Body(Publisher<ByteBuffer> whole, Subscriber<? super ByteBuffer> reader, Form form, int size) {
      this.whole = whole;
      this.reader = reader;
      this.form = form;
      this.bytes = new Bytes(size);
    }

    @Override
    public void request(long chunks) {
      synchronized (this) {
        if (asked || cancelled) {
          return;
        }
        asked = true;
      }
      whole.subscribe(this);
    }

    @Override
    public void cancel() {
      Subscription open;
      synchronized (this) {
        cancelled = true;
        open = source;
      }
      if (open != null) {
        open.cancel();
      }
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      boolean late;
      synchronized (this) {
        source = subscription;
        late = cancelled;
      }
      if (late) {
        subscription.cancel();
      } else {
        subscription.request(Long.MAX_VALUE);
      }
    }

    @Override
    public void onNext(ByteBuffer chunk) {
      bytes.add(chunk);
    }

    @Override
    public void onError(Throwable failure) {
      reader.onError(failure);
    }

    @Override
    public void onComplete() {
      byte[] body = bytes.taken();
      var read = form.read(body);
      records = read == null ? null : read.records();
      reader.onNext(ByteBuffer.wrap(read == null ? body : read.rest()));
      reader.onComplete();
    }
  }

  /** Takes chunks of an array without a copy of their own, and gives its own away when full. */
  private static final class Bytes extends ByteArrayOutputStream {
    Bytes(int size) {
      super(size);
    }

    byte[] taken() {
      return count == buf.length ? buf : toByteArray();
    }

    void add(ByteBuffer chunk) {
      if (chunk.hasArray()) {
        write(chunk.array(), chunk.arrayOffset() + chunk.position(), chunk.remaining());
        return;
      }
      byte[] copy = new byte[chunk.remaining()];
      chunk.get(copy);
      write(copy, 0, copy.length);
    }
  }
}
