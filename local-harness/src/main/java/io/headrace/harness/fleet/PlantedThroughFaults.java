package io.headrace.harness.fleet;

import io.headrace.checkpoint.ProgressItem;
import io.headrace.function.through.Address;
import io.headrace.function.through.Envelope;
import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Listed;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.function.through.EnvelopeException;
import io.headrace.function.through.EnvelopeFormat;
import io.headrace.function.through.Source;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Fetched;
import io.headrace.kcl.Payload;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardCursor;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.EventLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/**
 * Mistakes with functions that are keyed across shards: in what the first stage puts, in what the
 * second reads of it, and in what the second remembers of the shards upstream.
 */
final class PlantedThroughFaults {
  /** The part of a commit of the second stage that says what it has seen. */
  private static final String CARRIED = "carried";

  private PlantedThroughFaults() {}

  /** No record has been seen before, and no mark says that it has. */
  static Plant duplicatesCount() {
    return read(
        (envelope, at) -> {
          if (envelope instanceof Carried record) {
            int copy = Integer.parseInt(at.sequence().value());
            var own = new Position(record.source().position().sequence(), copy);
            return from(record, new Source(record.source().shard(), own));
          }
          var mark = (Mark) envelope;
          return new Mark(
              mark.from(), null, mark.watermark(), mark.reached(), mark.silent(), mark.roster());
        });
  }

  /** What was seen of one shard is taken for what was seen of another. */
  static Plant placesOfOtherShards() {
    return read(
        (envelope, at) -> {
          var one = new ShardKey(envelope.from().stream(), new ShardId("shardId-000000000000"));
          if (envelope instanceof Carried record) {
            return from(record, new Source(one, record.source().position()));
          }
          var mark = (Mark) envelope;
          return new Mark(
              one, mark.through(), mark.watermark(), mark.reached(), mark.silent(), mark.roster());
        });
  }

  /** No shard holds back event time: that of the furthest counts. */
  static Plant timeOfTheFurthest() {
    return read(
        (envelope, at) ->
            envelope instanceof Mark mark
                ? new Mark(
                    mark.from(),
                    mark.through(),
                    mark.watermark(),
                    mark.reached(),
                    true,
                    mark.roster())
                : envelope);
  }

  /** Shards that have been split or merged are waited for as if they went on. */
  static Plant rosterWithoutParents() {
    return read(
        (envelope, at) ->
            envelope instanceof Mark mark
                ? new Mark(
                    mark.from(),
                    mark.through(),
                    mark.watermark(),
                    mark.reached(),
                    mark.silent(),
                    mark.roster().stream()
                        .map(each -> new Listed(each.shard(), List.of()))
                        .toList())
                : envelope);
  }

  private static Carried from(Carried record, Source source) {
    return changed(record, source, record.watermark());
  }

  private static Carried changed(Carried record, Source source, Instant watermark) {
    return new Carried(
        source,
        record.replayed(),
        record.key(),
        record.partitionKey(),
        record.arrivedAt(),
        record.time(),
        watermark,
        record.headers(),
        record.payload());
  }

  /** Records count as stored when they are sent; those that get lost are not sent again. */
  static Plant putsNotAwaited() {
    return put(
        (process, stream, sink) ->
            new Written(sink) {
              @Override
              public CompletionStage<List<Stored>> put(List<Entry> entries) {
                var sent = sink.put(entries);
                if (read(stream, entries.get(0).data()) instanceof Mark) {
                  return sent;
                }
                var feed = process.world().feed(stream);
                var shard = feed.stream().openShards().get(0).id();
                return CompletableFuture.completedFuture(
                    entries.stream().map(each -> new Stored(shard, Position.of(0))).toList());
              }
            });
  }

  /** A mark speaks of records that are on their way. */
  static Plant marksOvertake() {
    return put(
        (process, stream, sink) ->
            new Changed(stream, sink) {
              private final Map<ShardKey, Position> handed = new HashMap<>();

              @Override
              Envelope changed(Envelope envelope) {
                if (envelope instanceof Carried record) {
                  var position = record.source().position();
                  handed.merge(record.from(), position, (a, b) -> a.compareTo(b) > 0 ? a : b);
                  return record;
                }
                var mark = (Mark) envelope;
                var through = handed.getOrDefault(mark.from(), mark.through());
                return new Mark(
                    mark.from(),
                    through,
                    mark.watermark(),
                    mark.reached(),
                    mark.silent(),
                    mark.roster());
              }
            });
  }

  /** Whether a record is late is asked of what was carried on before it, wherever that lies. */
  static Plant lateByWhatLiesBehind() {
    return put(
        (process, stream, sink) ->
            new Changed(stream, sink) {
              private final Map<ShardKey, Instant> latest = new HashMap<>();

              @Override
              Envelope changed(Envelope envelope) {
                if (!(envelope instanceof Carried record)) {
                  return envelope;
                }
                var before = latest.getOrDefault(record.from(), record.watermark());
                latest.merge(record.from(), record.time(), (a, b) -> a.isAfter(b) ? a : b);
                var by = before.isAfter(record.watermark()) ? before : record.watermark();
                return PlantedThroughFaults.changed(record, record.source(), by);
              }
            });
  }

  /** Of two parents of a shard of the through-stream only one tells what it has seen. */
  static ProgressItem withWhatOneParentSaw(ProgressItem item) {
    return PlantedStateFaults.withAllButOneParent(item, PlantedThroughFaults::withoutCarried);
  }

  static CommitParts withoutCarried(CommitParts parts) {
    var left = new HashMap<>(parts.parts());
    left.remove(CARRIED);
    return new CommitParts(left);
  }

  private static Address addressOf(String stream) {
    var function = stream.substring(0, stream.length() - AcrossFunctions.THROUGH.length());
    return new Address(FleetWorld.APPLICATION, function);
  }

  private static Envelope read(String stream, byte[] bytes) {
    try {
      return EnvelopeFormat.read(addressOf(stream), bytes);
    } catch (EnvelopeException none) {
      throw new AssertionError("stream " + stream + " holds what is no envelope", none);
    }
  }

  /** What an envelope says that lies there. */
  @FunctionalInterface
  private interface Reading {
    Envelope read(Envelope envelope, Position at);
  }

  /** The second stage reads something else than was put. */
  private static Plant read(Reading reading) {
    return PlantedProcessFaults.cursors(
        (process, stream, shard, from) -> {
          var at = stream.open(shard, from);
          return stream.name().endsWith(AcrossFunctions.THROUGH)
              ? new Misread(stream, at, reading)
              : at;
        });
  }

  private record Misread(ShardedStream stream, ShardCursor at, Reading reading)
      implements ShardCursor {
    @Override
    public CompletionStage<Fetched> fetch(long bytesMax) {
      return at.fetch(bytesMax)
          .thenApply(
              fetched ->
                  fetched instanceof Fetched.Records read
                      ? new Fetched.Records(
                          read.records().stream().map(this::misread).toList(), read.behind())
                      : fetched);
    }

    private StreamRecord misread(StreamRecord record) {
      byte[] bytes;
      try {
        bytes = record.payload().bytes();
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
      var envelope = read(stream.name(), bytes);
      var other = reading.read(envelope, record.position());
      return new StreamRecord(
          record.position(),
          record.key(),
          record.arrivedAt(),
          Payload.of(EnvelopeFormat.write(addressOf(stream.name()), other)),
          record.headers(),
          record.misrouted());
    }

    @Override
    public void close() {
      at.close();
    }
  }

  /** Makes a sink of another. */
  @FunctionalInterface
  private interface SinkChange {
    StreamSink change(SimulatedProcess process, String stream, StreamSink sink);
  }

  /** The first stage puts something else, or otherwise. */
  private static Plant put(SinkChange change) {
    return new Plant() {
      @Override
      public StreamConnector streamsOf(SimulatedProcess process, StreamConnector streams) {
        return new Connecting(process, streams, change);
      }
    };
  }

  private record Connecting(SimulatedProcess process, StreamConnector streams, SinkChange change)
      implements StreamConnector {
    @Override
    public String service() {
      return streams.service();
    }

    @Override
    public ShardedStream open(StreamSource source, EventLoop loop, RandomGenerator random) {
      return streams.open(source, loop, random);
    }

    @Override
    public StreamSink sink(String stream, EventLoop loop, RandomGenerator random) {
      return change.change(process, stream, streams.sink(stream, loop, random));
    }

    @Override
    public void close() {
      streams.close();
    }
  }

  private abstract static class Written implements StreamSink {
    final StreamSink sink;

    Written(StreamSink sink) {
      this.sink = sink;
    }

    @Override
    public void close() {
      sink.close();
    }
  }

  private abstract static class Changed extends Written {
    private final String stream;

    Changed(String stream, StreamSink sink) {
      super(sink);
      this.stream = stream;
    }

    abstract Envelope changed(Envelope envelope);

    @Override
    public CompletionStage<List<Stored>> put(List<Entry> entries) {
      var others = new ArrayList<Entry>();
      for (var entry : entries) {
        byte[] bytes = EnvelopeFormat.write(addressOf(stream), changed(read(stream, entry.data())));
        others.add(new Entry(entry.partitionKey(), bytes, entry.headers()));
      }
      return sink.put(others);
    }
  }
}
