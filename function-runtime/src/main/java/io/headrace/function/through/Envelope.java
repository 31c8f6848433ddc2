package io.headrace.function.through;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StableCopy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What one record of a through-stream says. Immutable; {@link EnvelopeFormat} writes and reads. */
public sealed interface Envelope {
  /** The shard whose reader wrote it. */
  ShardKey from();

  /**
   * A record of an input, on its way to the shard of its key.
   *
   * @param source where it lies in the input
   * @param replayed it comes from a dead letter that is played again: what the {@link Mark}s of its
   *     shard say is not about it
   * @param key by which the function keeps its state
   * @param partitionKey that it has in the input
   * @param arrivedAt when the input took it
   * @param time its event time
   * @param watermark the highest event time before it in its shard, by which it is late or not
   * @param headers that it has in the input
   * @param payload as it lies in the input; not copied, must not change
   */
  record Carried(
      Source source,
      boolean replayed,
      String key,
      String partitionKey,
      Instant arrivedAt,
      Instant time,
      Instant watermark,
      Map<String, String> headers,
      byte[] payload)
      implements Envelope {
    public Carried {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(partitionKey, "partitionKey");
      Objects.requireNonNull(arrivedAt, "arrivedAt");
      Objects.requireNonNull(time, "time");
      Objects.requireNonNull(watermark, "watermark");
      headers = StableCopy.of(headers);
    }

    @Override
    public ShardKey from() {
      return source.shard();
    }

    /** Without key and payload, which never reach a log. */
    @Override
    public String toString() {
      return "carried record " + source;
    }
  }

  /**
   * What several records of one shard and key come to, that fall into the same windows. Each place
   * is in one of these at most, unless the worker that wrote it has lost the shard.
   *
   * @param places of the records, ascending; at least one
   * @param key by which the function keeps its state
   * @param earliest event time of a record
   * @param latest event time of a record
   * @param version of the codec that wrote the sum
   * @param sum as the function's codec wrote it; not copied, must not change
   */
  record Partial(
      ShardKey from,
      List<Position> places,
      String key,
      Instant earliest,
      Instant latest,
      int version,
      byte[] sum)
      implements Envelope {
    public Partial {
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(earliest, "earliest");
      Objects.requireNonNull(latest, "latest");
      Objects.requireNonNull(sum, "sum");
      places = List.copyOf(places);
      if (places.isEmpty()) {
        throw new IllegalArgumentException("a partial sum of no record");
      }
    }

    /** Without key and sum, which never reach a log. */
    @Override
    public String toString() {
      return "sum of " + places.size() + " records of " + from + " from " + places.get(0);
    }
  }

  /**
   * How far one shard of an input is carried on, told to every shard of the through-stream. Put
   * only when everything that it speaks of is stored, so it lies behind that in each shard.
   *
   * @param through every record up to here is in the through-stream, unless it went to the dead
   *     letters or nowhere; null before the first
   * @param watermark the highest event time up to there; {@link Instant#MIN} before the first,
   *     {@link Instant#MAX} when nothing more comes
   * @param reached the same, but for the end of time: then the highest event time before it, {@link
   *     Instant#MIN} where the writer does not know it (any more)
   * @param silent nothing came for a while: until its next mark, the shard holds no watermark up
   * @param roster the shards of the input with their parents, parents before children; empty in
   *     most marks
   */
  record Mark(
      ShardKey from,
      @Nullable Position through,
      Instant watermark,
      Instant reached,
      boolean silent,
      List<Listed> roster)
      implements Envelope {
    public Mark {
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(watermark, "watermark");
      Objects.requireNonNull(reached, "reached");
      roster = List.copyOf(roster);
    }
  }

  /** A shard as an input lists it. */
  record Listed(ShardId shard, List<ShardId> parents) {
    public Listed {
      Objects.requireNonNull(shard, "shard");
      parents = List.copyOf(parents);
    }
  }
}
