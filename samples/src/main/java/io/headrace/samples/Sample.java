package io.headrace.samples;

import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/**
 * A function, an input for it and a judge of what it put out. One object is one run: it collects
 * the outputs of {@link #spec}, so take fresh ones from {@link Samples} each time.
 *
 * <p>To run it: create {@link #streams} with {@link #shards} shards each and those of its
 * broadcasts, run {@link #spec}, put {@link #entries} in order as {@link #replay} says and {@link
 * #changes} among them, then {@link #ending}; when all is handled ask for the {@link #result} of as
 * many entries as were put. Thread-safe, but for iterators.
 */
public interface Sample {
  /** One word. */
  String name();

  /** What the function reads a share of; nobody else may write to them. */
  default List<StreamSource> streams() {
    return spec().inputs().stream().map(Input::source).toList();
  }

  /** How many shards each of them should be created with. */
  int shards();

  /** The function; its destination is this object. Always the same. */
  FunctionSpec<?, ?> spec();

  /** The whole input. */
  Played<?> played();

  /** How many {@link #entries} there are. */
  default long size() {
    return played().values().size();
  }

  /** What {@link #shards} shards surely take, seeing how the keys fall on them. */
  long perSecondMax();

  /** The input from its beginning, each entry once, in the order to put it. */
  default Iterator<Put> entries() {
    return played().entries();
  }

  /** What changes while it is played, in order. */
  default List<Change> changes() {
    return List.of();
  }

  /**
   * What has to follow the last entry that is put, so that the function knows of the end: nothing,
   * for a function whose outputs wait for no later record.
   *
   * @param stream one of {@link #streams}
   * @param openShards those of the stream, as they are when the input has ended
   */
  default List<StreamSink.Entry> ending(StreamSource stream, Collection<Shard> openShards) {
    return List.of();
  }

  /** How many outputs came so far, each counted once: for a display of progress. */
  long outputs();

  /**
   * Judges what came out so far, knowing that the first {@code put} entries were put and no other.
   * Outputs that came again are counted and judged once.
   *
   * @throws IllegalArgumentException when {@code put} is not between 0 and {@link #size}
   */
  SampleResult result(long put);

  /** Spreads the entries over a time. */
  default Replay replay(Duration over) {
    return new Replay(size(), over, perSecondMax());
  }
}
