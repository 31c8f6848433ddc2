package io.headrace.function;

import io.headrace.function.through.Address;
import io.headrace.function.through.Envelope;
import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.function.through.EnvelopeException;
import io.headrace.function.through.EnvelopeFormat;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads records that were carried on: each by the codec of the input in which it lies. */
final class ThroughDecoder<I> extends Decoder<I> {
  private final Address address;
  private final Map<String, Codec<? extends I>> codecs = new HashMap<>();

  ThroughDecoder(Address address, List<Input<? extends I>> inputs) {
    this.address = address;
    inputs.forEach(input -> codecs.put(input.source().name(), input.codec()));
  }

  @Override
  boolean isTimed() {
    return true;
  }

  @Override
  Decoded<I> decode(StreamRecord record) throws IOException, Unreadable {
    var carried = carried(record);
    var stream = carried.source().shard().stream().name();
    var codec = codecs.get(stream);
    if (codec == null) {
      throw new Unreadable(
          "UnknownInput",
          "the record comes from stream " + stream + ", which the function does not read any more",
          null);
    }
    I value = Decoder.<I>value(codec, carried.payload());
    // Time is told by marks: the records of one input's shard come in no order of time.
    return new Decoded<>(value, carried.time(), false, Instant.MIN, carried);
  }

  @Override
  @Nullable Partial partial(StreamRecord record) throws IOException, Unreadable {
    if (record.payload() instanceof PartialPayload read) {
      return read.partial();
    }
    if (record.payload() instanceof CarriedPayload) {
      return null;
    }
    return opened(record) instanceof Partial partial ? partial : null;
  }

  private Carried carried(StreamRecord record) throws IOException, Unreadable {
    if (record.payload() instanceof CarriedPayload read) {
      return read.carried();
    }
    if (opened(record) instanceof Carried carried) {
      return carried;
    }
    throw new Unreadable("NotAnEnvelope", "the envelope holds no single record", null);
  }

  /** Of a letter that is played again, whose envelope nobody has opened. */
  private Envelope opened(StreamRecord record) throws IOException, Unreadable {
    try {
      return EnvelopeFormat.read(address, record.payload().bytes());
    } catch (EnvelopeException thrown) {
      throw new Unreadable(
          ThroughReceiver.codeOf(thrown), String.valueOf(thrown.getMessage()), thrown);
    }
  }
}
