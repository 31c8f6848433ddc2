package io.headrace.harness;

import io.headrace.function.Broadcast;
import io.headrace.function.Codec;
import io.headrace.function.FunctionSpec;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.InMemoryStreams;
import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.EventLoop;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The streams in memory that stand for the inputs of a function; they outlive redeployments. */
final class InputStreams<I> {
  /** A random key lies in a shard of the thousandth part of all keys after some thousand tries. */
  private static final int KEYS_TRIED_MAX = 1_000_000;

  /** A stream and how its records are written. */
  record Input(InMemoryStream stream, Codec<?> codec) {}

  private final EventLoop loop;
  private final Map<String, InMemoryStreams> services = new LinkedHashMap<>();
  private final Map<String, InMemoryStream> streams = new LinkedHashMap<>();
  private final List<Input> inputs = new ArrayList<>();
  private final Map<StreamSource, InMemoryStream> broadcasts = new HashMap<>();
  private @Nullable InMemoryStream through;
  private String function = "";

  InputStreams(EventLoop loop) {
    this.loop = loop;
  }

  /** Makes streams of one shard for inputs that have none yet. */
  void read(FunctionSpec<I, ?> spec) {
    function = spec.name();
    inputs.clear();
    for (var input : spec.inputs()) {
      inputs.add(new Input(stream(input.source()), input.codec()));
    }
    through = spec.throughStream().map(this::stream).orElse(null);
    broadcasts.clear();
    for (var broadcast : spec.broadcasts()) {
      broadcasts.put(broadcast.source(), stream(broadcast.source()));
    }
  }

  /** A record for all: as bytes, so that there can be one that is no version. */
  void putVersion(Broadcast<?> broadcast, byte[] bytes, Instant arrivedAt) {
    var stream = broadcasts.get(broadcast.source());
    if (stream == null) {
      throw new IllegalArgumentException(
          broadcast + " is none of function " + function + "'s: withBroadcast(...) names it");
    }
    var unused = stream.put("version", bytes, arrivedAt);
  }

  <R> void putVersion(Broadcast<R> broadcast, R value, Instant arrivedAt) {
    byte[] bytes;
    try {
      bytes = broadcast.codec().encode(value);
    } catch (Exception refused) {
      throw new IllegalArgumentException(
          broadcast + " can't take the value: " + refused.getMessage(), refused);
    }
    putVersion(broadcast, bytes, arrivedAt);
  }

  private InMemoryStream stream(StreamSource source) {
    return streams.computeIfAbsent(
        source.service() + ":" + source.name(),
        name ->
            services
                .computeIfAbsent(source.service(), InMemoryStreams::new)
                .create(source.name(), 1, loop));
  }

  Collection<InMemoryStreams> connectors() {
    return services.values();
  }

  /** All that the function reads: its inputs, and the stream through which it is keyed. */
  List<InMemoryStream> read() {
    var read = new ArrayList<InMemoryStream>();
    inputs.forEach(input -> read.add(input.stream()));
    if (through != null) {
      read.add(through);
    }
    return read;
  }

  void put(String partitionKey, I value, Instant arrivedAt) {
    var written = write(value);
    var unused = written.input().stream().put(partitionKey, written.bytes(), arrivedAt);
  }

  /** Where a record lies, without its shard. */
  record Named(String stream, String sequence) {}

  /** Records that arrive together, in this order. */
  List<Named> putTogether(List<Map.Entry<String, I>> keyedValues, Instant arrivedAt) {
    var byStream = new LinkedHashMap<InMemoryStream, List<StreamSink.Entry>>();
    var of = new ArrayList<InMemoryStream>(keyedValues.size());
    for (var each : keyedValues) {
      var written = write(each.getValue());
      var stream = written.input().stream();
      of.add(stream);
      byStream
          .computeIfAbsent(stream, any -> new ArrayList<>())
          .add(new StreamSink.Entry(each.getKey(), written.bytes()));
    }
    var positions = new HashMap<InMemoryStream, Iterator<Position>>();
    byStream.forEach(
        (stream, entries) ->
            positions.put(stream, stream.putTogether(entries, arrivedAt).iterator()));
    return of.stream()
        .map(
            stream ->
                new Named(
                    stream.name(),
                    Objects.requireNonNull(positions.get(stream)).next().sequence().toString()))
        .toList();
  }

  void putAggregated(List<Map.Entry<String, ? extends I>> keyedValues) {
    if (keyedValues.isEmpty()) {
      throw new IllegalArgumentException("keyedValues: an aggregate holds at least one record");
    }
    var parts = new ArrayList<StreamSink.Entry>(keyedValues.size());
    var streams = new LinkedHashSet<InMemoryStream>();
    for (var each : keyedValues) {
      var written = write(each.getValue());
      streams.add(written.input().stream());
      parts.add(new StreamSink.Entry(each.getKey(), written.bytes()));
    }
    if (streams.size() > 1) {
      throw new IllegalArgumentException(
          "the values of one aggregate belong to streams "
              + streams.stream().map(InMemoryStream::name).toList()
              + ": put one aggregate for each");
    }
    var unused = streams.iterator().next().putAggregated(parts);
  }

  void putToEachShard(I value, Instant arrivedAt) {
    var written = write(value);
    var stream = written.input().stream();
    for (var shard : stream.openShards()) {
      var unused = stream.put(keyOf(shard), written.bytes(), arrivedAt);
    }
  }

  void putBytes(String partitionKey, byte[] bytes, Instant arrivedAt) {
    if (inputs.size() > 1) {
      throw new IllegalArgumentException(
          "function " + function + " reads " + inputs.size() + " streams: bytes name none of them");
    }
    var unused = inputs.get(0).stream().put(partitionKey, bytes.clone(), arrivedAt);
  }

  /** Divides the widest open shard of each stream. */
  void split() {
    for (var stream : read()) {
      var widest =
          stream.openShards().stream()
              .max(
                  Comparator.<Shard, BigInteger>comparing(InputStreams::width)
                      .thenComparing(Shard::id, Comparator.reverseOrder()))
              .orElseThrow();
      var unused = stream.split(widest.id());
    }
  }

  /** Joins the two narrowest neighbours of each stream. */
  void merge() {
    for (var stream : read()) {
      var open = new ArrayList<>(stream.openShards());
      if (open.size() < 2) {
        throw new IllegalStateException(
            "stream " + stream.name() + " has one open shard: split it before merging");
      }
      open.sort(Comparator.comparing(shard -> shard.range().first()));
      int left = 0;
      for (int i = 1; i + 1 < open.size(); i++) {
        if (together(open, i).compareTo(together(open, left)) < 0) {
          left = i;
        }
      }
      var unused = stream.merge(open.get(left).id(), open.get(left + 1).id());
    }
  }

  private record Written(Input input, byte[] bytes) {}

  /** By the one input, or by the first whose codec reads the same value back. */
  private Written write(I value) {
    Objects.requireNonNull(value, "value");
    if (inputs.size() == 1) {
      var only = inputs.get(0);
      try {
        return new Written(only, encode(only.codec(), value));
      } catch (Exception refused) {
        throw new IllegalArgumentException(
            refusal(value) + " " + only.stream().name() + ": " + refused.getMessage(), refused);
      }
    }
    var reasons = new ArrayList<String>();
    for (var input : inputs) {
      try {
        var bytes = encode(input.codec(), value);
        var back = input.codec().decode(bytes, input.codec().version());
        if (value.equals(back)) {
          return new Written(input, bytes);
        }
        reasons.add(input.stream().name() + " reads back something else");
      } catch (Exception refused) {
        reasons.add(input.stream().name() + ": " + refused.getMessage());
      }
    }
    throw new IllegalArgumentException(refusal(value) + "s " + String.join("; ", reasons));
  }

  private String refusal(I value) {
    return "a value of "
        + value.getClass().getName()
        + " can't be put: function "
        + function
        + " reads stream";
  }

  /** A wrong type comes out as the codec's exception. */
  @SuppressWarnings("unchecked")
  private static <T> byte[] encode(Codec<?> codec, T value) throws Exception {
    return ((Codec<T>) codec).encode(value);
  }

  private static String keyOf(Shard shard) {
    for (int i = 0; i < KEYS_TRIED_MAX; i++) {
      var key = "key-" + i;
      if (shard.range().holds(key)) {
        return key;
      }
    }
    throw new IllegalStateException(
        "no partition key was found for shard " + shard.id() + ": it is too narrow");
  }

  private static BigInteger width(Shard shard) {
    return shard.range().last().subtract(shard.range().first());
  }

  private static BigInteger together(List<Shard> open, int left) {
    return width(open.get(left)).add(width(open.get(left + 1)));
  }
}
