package io.headrace.local.engine;

import io.headrace.local.log.KeptStream;
import io.headrace.local.log.LogFailure;
import io.headrace.local.log.LogStore;
import io.headrace.local.log.StreamLogs;
import io.headrace.local.log.StreamName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the streams of an engine are kept, what an earlier server left there, and which of that is
 * damaged. Any thread.
 */
final class Shelf {
  private static final Logger LOG = LoggerFactory.getLogger(Shelf.class);

  private final LogStore store;
  private final StateFormat format;
  private final Map<StreamKey, LogFailure> unusable = new ConcurrentHashMap<>();

  Shelf(LogStore store, StateFormat format) {
    this.store = store;
    this.format = format;
  }

  LogStore store() {
    return store;
  }

  /** The streams that are there; those that are damaged are out of service from now on. */
  List<KinesisStream> find(EngineSettings settings, long nowMillis) {
    List<KinesisStream> found = new ArrayList<>();
    for (KeptStream kept : store.kept()) {
      try {
        KinesisStream stream = open(kept, settings);
        stream.catchUp(nowMillis);
        found.add(stream);
      } catch (LogFailure failure) {
        StreamName name = kept.name();
        StreamKey key = new StreamKey(name.account(), name.region(), name.name());
        LOG.error("{} is out of service: {}", key.inSentence(), failure.getMessage());
        unusable.put(key, failure);
      }
    }
    return found;
  }

  /** The place of a new stream. */
  StreamHome place(StreamKey key) {
    return new StreamHome(store.create(key.inLog()), format, null);
  }

  /** Throws when the stream is there and damaged. */
  void requireUsable(StreamKey key) {
    LogFailure failure = unusable.get(key);
    if (failure != null) {
      throw KinesisError.of(failure);
    }
  }

  private KinesisStream open(KeptStream kept, EngineSettings settings) {
    if (kept instanceof KeptStream.Unusable damaged) {
      throw damaged.failure();
    }
    KeptStream.Whole whole = (KeptStream.Whole) kept;
    StreamLogs logs = whole.logs();
    try {
      StreamState state = format.read(whole.state());
      if (!state.key().inLog().equals(kept.name())) {
        throw new LogFailure(
            "%s holds the state of %s: put the folder back in its place, or stop the server and move it away to go on without the stream."
                .formatted(logs.place(), state.key().inSentence()));
      }
      return new KinesisStream(state, settings, new StreamHome(logs, format, state));
    } catch (IllegalArgumentException e) {
      throw new LogFailure(
          "%s holds a state that cannot be read (%s): open it with the version that wrote it, or stop the server and move the folder away to go on without the stream."
              .formatted(logs.place(), e.getMessage()),
          e);
    }
  }
}
