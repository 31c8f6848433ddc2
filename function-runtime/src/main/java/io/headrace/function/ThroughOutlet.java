package io.headrace.function;

import io.headrace.function.through.Address;
import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.function.through.EnvelopeFormat;
import io.headrace.function.through.Routing;
import io.headrace.kcl.StreamSink;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Where the first stage of a function puts what it carries on. */
record ThroughOutlet(Address address, String stream, StreamSink sink)
    implements Outlet<Carried, StreamSink.Entry> {
  /** What any stream takes, key and data. */
  private static final int RECORD_BYTES_MAX = 1 << 20;

  private static final int KEY_BYTES_MAX = 1_024;

  /** The code of records that with their envelope are larger than a stream takes. */
  static final String TOO_LARGE = "TooLargeToCarry";

  @Override
  public String name() {
    return "stream " + stream;
  }

  @Override
  public StreamSink.Entry prepare(Origin origin, Carried carried) {
    byte[] bytes = EnvelopeFormat.write(address, carried);
    if (!fits(bytes)) {
      throw new TerminalFailure(
          TOO_LARGE,
          "with its envelope the record takes "
              + bytes.length
              + " bytes, and stream "
              + stream
              + " takes "
              + (RECORD_BYTES_MAX - KEY_BYTES_MAX));
    }
    return new StreamSink.Entry(Routing.partitionKey(carried.key()), bytes);
  }

  /** The sum of several records; empty where no stream takes it. */
  Optional<Outlet.Parcel<?>> prepare(Origin origin, Partial partial) {
    byte[] bytes = EnvelopeFormat.write(address, partial);
    var key = Routing.partitionKey(partial.key());
    return fits(bytes)
        ? Optional.of(new Outlet.Parcel<>(this, origin.id(), new StreamSink.Entry(key, bytes)))
        : Optional.empty();
  }

  /** How many bytes one of these has. */
  static int sizeOf(Outlet.Parcel<?> prepared) {
    return ((StreamSink.Entry) prepared.content()).data().length;
  }

  private static boolean fits(byte[] bytes) {
    return bytes.length <= RECORD_BYTES_MAX - KEY_BYTES_MAX;
  }

  @Override
  public CompletionStage<?> send(List<StreamSink.Entry> prepared) {
    return sink.put(prepared);
  }
}
