package io.headrace.function;

import io.headrace.function.Destination.Envelope;
import io.headrace.kcl.StreamSink;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Opens destinations; one file or stream is opened once, however many functions write to it. Used
 * by the thread that starts and stops the runtime.
 */
final class Outlets implements AutoCloseable {
  /** What any stream takes, key and data; those that take 10 MiB say so nowhere in a put. */
  private static final int STREAM_RECORD_BYTES_MAX = 1 << 20;

  /** 256 characters. */
  private static final int KEY_BYTES_MAX = 1_024;

  private final Executor pool;
  private final Executor background;
  private final Function<String, StreamSink> streams;
  private final DeadLetters defaultLetters;
  private final @Nullable OutputTap tap;
  private final List<LetterConnector> connectors;
  private final Map<Path, LineFile> files = new HashMap<>();
  private final Map<String, StreamSink> sinks = new HashMap<>();
  private final Map<DeadLetters, LetterSink> letterSinks = new HashMap<>();

  /**
   * @param pool where user code is called
   * @param background where files are written
   * @param streams opens a stream for writing
   * @param defaultLetters for functions whose retry policy names no sink
   */
  Outlets(
      Executor pool,
      Executor background,
      Function<String, StreamSink> streams,
      DeadLetters defaultLetters,
      @Nullable OutputTap tap) {
    this(pool, background, streams, defaultLetters, tap, List.of());
  }

  /**
   * Opens sinks outside this process, too.
   *
   * @param connectors asked in turn for dead-letter sinks that are neither file nor stream
   */
  Outlets(
      Executor pool,
      Executor background,
      Function<String, StreamSink> streams,
      DeadLetters defaultLetters,
      @Nullable OutputTap tap,
      List<LetterConnector> connectors) {
    this.connectors = List.copyOf(connectors);
    this.pool = pool;
    this.background = background;
    this.streams = streams;
    this.defaultLetters = defaultLetters;
    this.tap = tap;
  }

  <O> Outlet<O, ?> open(String function, @Nullable Side<?> side, Destination<O> destination) {
    var target = destination.target();
    if (tap != null) {
      var to =
          new Callback<O>(
              "tap", (id, value) -> tap.output(function, side, id, (Object) value), pool);
      var codec = target.codec();
      return codec == null ? new Tapped<O>(to) : new KeptTapped<O>(target, codec, to);
    }
    if (target instanceof Destination.Target.ToStream<O> stream) {
      return new ToStream<>(
          function,
          stream.name(),
          stream.codec(),
          stream.codec().version(),
          stream.partitionKey(),
          stream.envelope(),
          sink(stream.name()));
    }
    if (target instanceof Destination.Target.ToFile<O> file) {
      return new ToFile<>(file.codec(), file.codec().version(), file(file.path()), file.path());
    }
    if (target instanceof Destination.Target.ToCallback<O> to) {
      var callback = new Callback<O>("callback of " + function, to.callback(), pool);
      return to.codec() == null ? callback : new KeptTapped<O>(to, to.codec(), callback);
    }
    return new Nowhere<>();
  }

  /** Where all of a shadow goes; empty where something else gets all outputs anyway. */
  Optional<ShadowFile> shadow(FunctionSpec<?, ?> spec) {
    return tap != null
        ? Optional.empty()
        : spec.shadow().map(path -> new ShadowFile(file(path), path.toString()));
  }

  Outlet<DeadLetter, ?> letters(String function, RetryPolicy policy) {
    if (tap != null) {
      return new Callback<>("tap", (id, letter) -> tap.deadLetter(letter), pool);
    }
    return written(function, policy);
  }

  /** Where letters of batches lie that hold no payload: the same place. */
  Outlet<DiscardedBatch, ?> discarded(String function, RetryPolicy policy) {
    if (tap != null) {
      return new Callback<>("tap", (id, batch) -> tap.discarded(batch), pool);
    }
    return written(function, policy);
  }

  private <L extends SinkLetter> Outlet<L, ?> written(String function, RetryPolicy policy) {
    var sink = policy.sink().orElse(defaultLetters);
    if (sink instanceof DeadLetters.ToStream stream) {
      return new ToStream<L>(
          function,
          stream.name(),
          new LetterLines<L>(STREAM_RECORD_BYTES_MAX - KEY_BYTES_MAX),
          1,
          SinkLetter::partitionKey,
          Envelope.NONE,
          sink(stream.name()));
    }
    if (sink instanceof DeadLetters.InFile in) {
      var path = in.folder().resolve(function + ".ndjson");
      return new ToFile<L>(new LetterLines<L>(Integer.MAX_VALUE), 1, file(path), path);
    }
    return new ToSink<L>(letterSinks.computeIfAbsent(sink, this::connect));
  }

  private LetterSink connect(DeadLetters sink) {
    for (var connector : connectors) {
      var opened = connector.open(sink);
      if (opened.isPresent()) {
        return opened.get();
      }
    }
    throw new IllegalStateException(
        "dead letters "
            + sink
            + ": there is no LetterConnector that opens them; give one by connecting(...), such as"
            + " that of AwsServices.letters()");
  }

  private LineFile file(Path path) {
    return files.computeIfAbsent(
        path.toAbsolutePath().normalize(), absolute -> new LineFile(absolute, background));
  }

  private StreamSink sink(String stream) {
    return sinks.computeIfAbsent(stream, streams);
  }

  @Override
  public void close() {
    files.values().forEach(LineFile::close);
    sinks.values().forEach(StreamSink::close);
    letterSinks.values().forEach(LetterSink::close);
  }

  private record LetterLines<L extends SinkLetter>(int bytesMax) implements Codec<L> {
    @Override
    public L decode(byte[] bytes, int version) {
      throw new IllegalStateException("letters are only written here");
    }

    @Override
    public byte[] encode(L letter) {
      return letter.json(bytesMax);
    }
  }

  /** Letters to where a connector leads. */
  private record ToSink<L extends SinkLetter>(LetterSink sink) implements Outlet<L, L> {
    @Override
    public String name() {
      return sink.name();
    }

    @Override
    public L prepare(Origin origin, L letter) {
      return letter;
    }

    @Override
    public CompletionStage<?> send(List<L> prepared) {
      return sink.put(prepared);
    }
  }

  /** In the place of a destination that has no codec: nothing can be kept for it. */
  private record Tapped<O>(Callback<O> tap) implements Outlet<O, Callback.Sent<O>> {
    @Override
    public String name() {
      return tap.name();
    }

    @Override
    public Callback.Sent<O> prepare(Origin origin, O value) {
      return tap.prepare(origin, value);
    }

    @Override
    public CompletionStage<?> send(List<Callback.Sent<O>> prepared) {
      return tap.send(prepared);
    }
  }

  /** A value, and what its destination would write: one that can't be written fails here. */
  private record Written<O>(Callback.Sent<O> sent, Outlet.Content content) {}

  /** Calls this process with values that can be kept, as a codec reads and writes them. */
  private record KeptTapped<O>(Destination.Target<O> target, Codec<O> codec, Callback<O> to)
      implements Outlet.Keeping<O, Written<O>> {
    @Override
    public String name() {
      return to.name();
    }

    @Override
    public Written<O> prepare(Origin origin, O value) throws Exception {
      return new Written<>(to.prepare(origin, value), written(value));
    }

    private Content written(O value) throws Exception {
      if (target instanceof Destination.Target.ToStream<O> stream) {
        var entry = entry(stream.partitionKey(), codec, value, Map.of());
        return new Content(entry.partitionKey(), entry.data(), Map.of(), codec.version());
      }
      byte[] data =
          target instanceof Destination.Target.ToFile<O> file
              ? line(file.path(), codec, value)
              : codec.encode(value);
      return new Content("", data, Map.of(), codec.version());
    }

    @Override
    public CompletionStage<?> send(List<Written<O>> prepared) {
      return to.send(prepared.stream().map(Written::sent).toList());
    }

    @Override
    public Content keep(Written<O> prepared) {
      return prepared.content();
    }

    @Override
    public Written<O> revive(String id, Content content) throws Exception {
      if (content.version() > codec.version()) {
        throw new IllegalArgumentException(
            "version "
                + content.version()
                + " of its codec wrote it, and this one reads up to "
                + codec.version()
                + "; run the newer version");
      }
      var value = codec.decode(content.data(), content.version());
      return new Written<>(new Callback.Sent<>(id, value), content);
    }
  }

  private static <O> StreamSink.Entry entry(
      Function<? super O, String> key, Codec<O> codec, O value, Map<String, String> headers)
      throws Exception {
    return new StreamSink.Entry(key.apply(value), codec.encode(value), headers);
  }

  private static <O> byte[] line(Path path, Codec<O> codec, O value) throws Exception {
    byte[] line = codec.encode(value);
    for (byte each : line) {
      if (each == '\n') {
        throw new IllegalArgumentException(
            "file " + path + ": the codec wrote a line end; give one that writes none");
      }
    }
    return line;
  }

  private record ToStream<O>(
      String function,
      String stream,
      Codec<O> codec,
      int version,
      Function<? super O, String> key,
      Envelope envelope,
      StreamSink sink)
      implements Outlet.Keeping<O, StreamSink.Entry> {
    @Override
    public String name() {
      return "stream " + stream;
    }

    @Override
    public StreamSink.Entry prepare(Origin origin, O value) throws Exception {
      return entry(key, codec, value, headers(origin));
    }

    private Map<String, String> headers(Origin origin) {
      if (envelope == Envelope.NONE) {
        return Map.of();
      }
      var headers = new HashMap<>(origin.trace());
      // Several functions may write to the stream, about one record or window each.
      headers.put(StreamSink.Entry.ID, function + "/" + origin.id());
      return headers;
    }

    @Override
    public CompletionStage<?> send(List<StreamSink.Entry> prepared) {
      return sink.put(prepared);
    }

    @Override
    public Content keep(StreamSink.Entry prepared) {
      return new Content(prepared.partitionKey(), prepared.data(), prepared.headers(), version);
    }

    @Override
    public StreamSink.Entry revive(String id, Content content) {
      return new StreamSink.Entry(content.key(), content.data(), content.headers());
    }
  }

  private record ToFile<O>(Codec<O> codec, int version, LineFile file, Path path)
      implements Outlet.Keeping<O, byte[]> {
    @Override
    public String name() {
      return "file " + path;
    }

    @Override
    public byte[] prepare(Origin origin, O value) throws Exception {
      return line(path, codec, value);
    }

    @Override
    public CompletionStage<?> send(List<byte[]> prepared) {
      return file.append(prepared);
    }

    @Override
    public Content keep(byte[] prepared) {
      return new Content("", prepared, Map.of(), version);
    }

    @Override
    public byte[] revive(String id, Content content) {
      return content.data();
    }
  }

  private record Callback<O>(String name, BiConsumer<String, ? super O> callback, Executor pool)
      implements Outlet<O, Callback.Sent<O>> {
    record Sent<O>(String id, O value) {}

    @Override
    public Sent<O> prepare(Origin origin, O value) {
      return new Sent<>(origin.id(), value);
    }

    @Override
    public CompletionStage<?> send(List<Sent<O>> prepared) {
      var done = new CompletableFuture<Void>();
      try {
        pool.execute(
            () -> {
              try {
                prepared.forEach(each -> callback.accept(each.id(), each.value()));
                done.complete(null);
              } catch (Throwable thrown) {
                done.completeExceptionally(thrown);
              }
            });
      } catch (RejectedExecutionException full) {
        done.completeExceptionally(full);
      }
      return done;
    }
  }

  private record Nowhere<O>() implements Outlet<O, Boolean> {
    @Override
    public String name() {
      return "nowhere";
    }

    @Override
    public Boolean prepare(Origin origin, O value) {
      return true;
    }

    @Override
    public CompletionStage<?> send(List<Boolean> prepared) {
      return CompletableFuture.completedFuture(null);
    }
  }
}
