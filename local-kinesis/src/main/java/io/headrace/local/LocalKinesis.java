package io.headrace.local;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.EngineSettings;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.StateTimes;
import io.headrace.local.engine.StreamKey;
import io.headrace.local.engine.StreamMode;
import io.headrace.local.fault.FaultRules;
import io.headrace.local.log.LogFailure;
import io.headrace.local.log.SyncPolicy;
import io.headrace.local.protocol.AccessKey;
import io.headrace.local.protocol.CommonFields;
import io.headrace.local.protocol.Credentials;
import io.headrace.local.protocol.Protocol;
import io.headrace.local.protocol.ProtocolSettings;
import io.headrace.local.protocol.Signatures;
import io.headrace.local.store.DataFolder;
import io.headrace.local.store.JsonStateFormat;
import io.headrace.local.transport.HttpServer;
import io.headrace.local.transport.HttpSettings;
import io.headrace.local.transport.ServerIdentity;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A Kinesis server inside this JVM: it speaks the real wire protocol, so that any client of the
 * service works with it, and keeps everything in memory, or in a folder.
 *
 * <pre>{@code
 * try (LocalKinesis kinesis = LocalKinesis.start()) {
 *   kinesis.createStream("orders", 2);
 *   KinesisAsyncClient client =
 *       KinesisAsyncClient.builder()
 *           .endpointOverride(kinesis.endpoint())
 *           .region(Region.US_EAST_1)
 *           .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")))
 *           .build();
 *   ...
 * }
 * }</pre>
 *
 * <p>It listens on the loopback address only, on one port, for HTTP/1.1 and for HTTP/2 by prior
 * knowledge, with {@link Builder#tls} also over TLS, and takes JSON and CBOR. Any signature is
 * accepted unless the server is given {@link Builder#credentials}; the region comes from it, and so
 * does the account when the access key is twelve digits (else it is 000000000000). Streams of one
 * account and region are invisible to others, as at the service.
 *
 * <p>Any thread may call any method. Several servers can run in one JVM. The server's own threads
 * are daemons: they do not keep the JVM alive. Requests that the service would refuse get the
 * service's errors; the one limit of its own is memory, and a put beyond it fails with
 * InternalFailure and a message that says so. With {@link Builder#data} it keeps everything in a
 * folder instead, and a server that starts on the folder later goes on where this one ended.
 */
public final class LocalKinesis implements AutoCloseable {
  private final Engine engine;
  private final Caller owner;
  private final @Nullable ServerIdentity identity;
  private final FaultRules faultRules;
  private final Faults faults;
  private final HttpServer server;
  private final @Nullable DataFolder data;

  private LocalKinesis(Builder builder) {
    EngineSettings settings =
        new EngineSettings(
            builder.memoryBytesMax,
            builder.shardsMax,
            builder.onDemandStreamsMax,
            builder.stateTimes,
            builder.limits.scale());
    this.owner = new Caller(builder.ownAccount(), builder.region);
    // Before the folder of data, which nobody would let go when this fails.
    this.faultRules = Faults.startingWith(builder.faultFile, builder.faultSeed);
    this.faults = new Faults(faultRules);
    this.data = builder.openData();
    this.engine = engine(builder.clock, settings, data);
    this.identity = builder.tls == null ? null : builder.tls.identity();
    ProtocolSettings protocolSettings =
        new ProtocolSettings(faultRules, builder.admin, builder.signatures());
    try {
      this.server =
          new HttpServer(
              () -> new Protocol(engine, protocolSettings),
              new HttpSettings(builder.port, builder.silenceMax, identity));
    } catch (RuntimeException e) {
      closeData(engine, data);
      throw e;
    }
    if (data != null) {
      data.everySecond(engine::tick);
    }
  }

  /**
   * A server with the defaults of {@link #builder()}, on a free port.
   *
   * @throws LocalKinesisException when no port can be opened
   */
  public static LocalKinesis start() {
    return builder().start();
  }

  /** What can be chosen about a server; nothing has to be. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Where clients connect to: {@code http://127.0.0.1:port}, or {@code https} with {@link
   * Builder#tls}. Where TLS is offered, the same port speaks without it too.
   */
  public URI endpoint() {
    return URI.create((identity == null ? "http" : "https") + "://127.0.0.1:" + server.port());
  }

  /**
   * What clients must trust to reach this server over TLS, as PEM: a file with it is what
   * AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS name. Nothing in it is secret.
   *
   * @throws IllegalStateException when this server was started without {@link Builder#tls}
   */
  public String certificate() {
    return requireIdentity().pem();
  }

  /**
   * Writes the same as a PKCS12 store, which is what the property {@code javax.net.ssl.trustStore}
   * of a JVM names; it opens with the password changeit and with none. A file that is there is
   * replaced.
   *
   * @throws IllegalStateException when this server was started without {@link Builder#tls}
   * @throws LocalKinesisException when the file cannot be written, with a message fit to show
   */
  public void writeTrustStore(Path file) {
    byte[] store = requireIdentity().trustStore();
    try {
      Files.write(file, store);
    } catch (IOException e) {
      throw new LocalKinesisException(
          file + " cannot be written: choose another place for the trust store (" + e + ")", e);
    }
  }

  /** What goes wrong in this server, which is nothing until something is added. */
  public Faults faults() {
    return faults;
  }

  /**
   * Makes a stream, in account 000000000000, or that of the first of the {@link
   * Builder#credentials}, and in the region of {@link Builder#region}; it is there when the call
   * returns, unless {@link Builder#stateChangeTakes} says otherwise.
   *
   * @throws IllegalArgumentException when the name or the number of shards is not allowed, or the
   *     stream is there already; the message says which
   */
  public void createStream(String name, int shards) {
    if (!name.matches(CommonFields.NAME) || name.length() > 128) {
      throw new IllegalArgumentException(
          "name must be 1 to 128 of the characters a-z A-Z 0-9 _ . - but is '" + name + "'");
    }
    if (shards < 1) {
      throw new IllegalArgumentException("shards must be at least 1 but is " + shards);
    }
    try {
      StreamKey key = new StreamKey(owner.account(), owner.region(), name);
      engine.createStream(key, StreamMode.PROVISIONED, shards);
    } catch (KinesisError refused) {
      throw new IllegalArgumentException(refused.getMessage(), refused);
    }
  }

  /** Cuts all connections and frees the port within a second; the streams go with this object. */
  @Override
  public void close() {
    server.close();
    closeData(engine, data);
  }

  /**
   * How many open shards a stream has, in the account and region of {@link #createStream}; empty
   * when there is no such stream.
   *
   * @throws IllegalStateException when the stream's files are damaged; the message says which
   */
  public OptionalInt openShards(String name) {
    StreamKey key = new StreamKey(owner.account(), owner.region(), name);
    try {
      return engine.hasStream(key)
          ? OptionalInt.of(engine.describe(key).openShards())
          : OptionalInt.empty();
    } catch (KinesisError refused) {
      throw new IllegalStateException(refused.getMessage(), refused);
    }
  }

  private static Engine engine(
      InstantSource clock, EngineSettings settings, @Nullable DataFolder data) {
    if (data == null) {
      return new Engine(clock, settings);
    }
    try {
      return new Engine(clock, settings, data.store(), new JsonStateFormat());
    } catch (LogFailure failure) {
      data.close();
      data.store().close();
      throw new LocalKinesisException(String.valueOf(failure.getMessage()), failure);
    }
  }

  private static void closeData(Engine engine, @Nullable DataFolder data) {
    if (data != null) {
      data.close();
    }
    engine.close();
  }

  private ServerIdentity requireIdentity() {
    if (identity == null) {
      throw new IllegalStateException(
          "this server offers no TLS: start it with LocalKinesis.builder().tls().start()");
    }
    return identity;
  }

  /** Choices about a server before it starts. Not for several threads at once. */
  public static final class Builder {
    private int port;
    private InstantSource clock = InstantSource.system();
    private long memoryBytesMax = Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 2);
    private int shardsMax = 10_000;
    private int onDemandStreamsMax = EngineSettings.ON_DEMAND_STREAMS_DEFAULT;
    private StateTimes stateTimes = StateTimes.all(Duration.ZERO);
    private String region = Credentials.DEFAULT_REGION;
    private Limits limits = Limits.off();
    private @Nullable Path faultFile;
    private @Nullable Long faultSeed;
    private boolean admin;
    private final Map<String, AccessKey> keys = new LinkedHashMap<>();
    private Duration silenceMax = Duration.ofSeconds(90);

    private @Nullable LocalTls tls;

    private @Nullable Path data;
    private long diskBytesMax = Long.MAX_VALUE;
    private Fsync fsync = Fsync.EVERY_SECOND;

    private Builder() {}

    /** The port to listen on; 0, the default, picks a free one. */
    public Builder port(int port) {
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("port must be in 0..65535 but is " + port);
      }
      this.port = port;
      return this;
    }

    /**
     * Where the server gets the time from, for times of arrival, retention and the life of
     * iterators: the system's clock by default. Called from the server's threads.
     */
    public Builder clock(InstantSource clock) {
      this.clock = clock;
      return this;
    }

    /**
     * The bytes of heap that all records may take together, keys and overhead included; half of the
     * JVM's heap by default. A put beyond it is refused and changes nothing.
     */
    public Builder memoryBytesMax(long memoryBytesMax) {
      if (memoryBytesMax <= 0) {
        throw new IllegalArgumentException(
            "memoryBytesMax must be positive but is " + memoryBytesMax);
      }
      this.memoryBytesMax = memoryBytesMax;
      return this;
    }

    /**
     * The folder that keeps all streams and records, made when it is not there; by default there is
     * none, and everything is in memory. One server at a time may use a folder. Whatever a call
     * answered is there when a server starts on the folder again, also when this process was killed
     * meanwhile; see {@link Fsync} for a loss of power. Iterators stay good for as long as they
     * would have otherwise.
     *
     * <p>A stream whose files are damaged answers every call with InternalFailure and a sentence
     * that names the file; the others go on. When the disk is full, puts and changes are refused in
     * the same way until there is room again.
     */
    public Builder data(Path folder) {
      this.data = folder;
      return this;
    }

    /** When the disk is asked to keep what was written; every second by default. */
    public Builder fsync(Fsync fsync) {
      this.fsync = fsync;
      return this;
    }

    /**
     * The bytes that all records may take in the folder of {@link #data}; by default as many as the
     * disk has room for. A put beyond it is refused and changes nothing.
     */
    public Builder diskBytesMax(long diskBytesMax) {
      if (diskBytesMax <= 0) {
        throw new IllegalArgumentException("diskBytesMax must be positive but is " + diskBytesMax);
      }
      this.diskBytesMax = diskBytesMax;
      return this;
    }

    /** The open shards that one account may have in one region; 10,000 by default. */
    public Builder shardsMax(int shardsMax) {
      if (shardsMax <= 0) {
        throw new IllegalArgumentException("shardsMax must be positive but is " + shardsMax);
      }
      this.shardsMax = shardsMax;
      return this;
    }

    /** The streams in ON_DEMAND mode that one account may have in one region; 50 by default. */
    public Builder onDemandStreamsMax(int onDemandStreamsMax) {
      if (onDemandStreamsMax < 0) {
        throw new IllegalArgumentException(
            "onDemandStreamsMax must not be negative but is " + onDemandStreamsMax);
      }
      this.onDemandStreamsMax = onDemandStreamsMax;
      return this;
    }

    /**
     * How long a stream stays in each of the states CREATING, UPDATING and DELETING, by the
     * server's clock. Zero by default: the change is there when the call that asks for it returns.
     */
    public Builder stateChangeTakes(Duration stateChangeTakes) {
      if (stateChangeTakes.isNegative()) {
        throw new IllegalArgumentException(
            "stateChangeTakes must not be negative but is " + stateChangeTakes);
      }
      return stateChangeTakes(stateChangeTakes, stateChangeTakes, stateChangeTakes);
    }

    /**
     * How long a stream stays in the states CREATING, UPDATING and DELETING, each for itself.
     *
     * @throws IllegalArgumentException when one of them is negative; the message says which
     */
    public Builder stateChangeTakes(Duration creating, Duration updating, Duration deleting) {
      this.stateTimes = new StateTimes(creating, updating, deleting);
      return this;
    }

    /**
     * The region in which {@link LocalKinesis#createStream} makes streams; us-east-1 by default.
     */
    public Builder region(String region) {
      if (region.isBlank()) {
        throw new IllegalArgumentException("region must not be blank");
      }
      this.region = region;
      return this;
    }

    /** Offers TLS with a certificate made for this server: {@link LocalTls#generated}. */
    public Builder tls() {
      return tls(LocalTls.generated());
    }

    /** Offers TLS, beside plain HTTP on the same port. Without it there is none. */
    public Builder tls(LocalTls tls) {
      this.tls = tls;
      return this;
    }

    /**
     * A file with faults that the server starts with; its form is described in the documentation of
     * the local Kinesis. {@link LocalKinesis#faults()} can change them.
     */
    public Builder faults(Path file) {
      this.faultFile = file;
      return this;
    }

    /**
     * What the draws of faults come from; without it the file's seed, and without that one that is
     * drawn. {@link Faults#seed()} tells it.
     */
    public Builder faultSeed(long seed) {
      this.faultSeed = seed;
      return this;
    }

    /**
     * Whether faults can be read and set over HTTP at {@code /_headrace/faults}, by anybody who can
     * reach the port; false by default.
     */
    public Builder admin(boolean admin) {
      this.admin = admin;
      return this;
    }

    /** A key of account 000000000000: {@link #credentials(String, String, String)}. */
    public Builder credentials(String accessKey, String secretKey) {
      return credentials(accessKey, secretKey, Credentials.DEFAULT_ACCOUNT);
    }

    /**
     * Makes the server strict: it verifies the signature of every request, and takes those only
     * that were made with this key or another one that it was given, within five minutes of its
     * clock. Without any key, every signature is believed.
     *
     * @param account whose key it is, twelve digits
     */
    public Builder credentials(String accessKey, String secretKey, String account) {
      return key(accessKey, secretKey, null, null, account);
    }

    /**
     * A key that goes with a session token and ends, as those of assumed roles do; for the rest as
     * {@link #credentials(String, String, String)}.
     *
     * @param expires when requests with it begin to be refused, by the server's clock
     */
    public Builder temporaryCredentials(
        String accessKey, String secretKey, String sessionToken, Instant expires, String account) {
      return key(accessKey, secretKey, sessionToken, expires, account);
    }

    private Builder key(
        String accessKey,
        String secretKey,
        @Nullable String sessionToken,
        @Nullable Instant expires,
        String account) {
      keys.put(accessKey, new AccessKey(accessKey, secretKey, sessionToken, expires, account));
      return this;
    }

    private @Nullable Signatures signatures() {
      return keys.isEmpty() ? null : new Signatures(clock, keys.values());
    }

    private String ownAccount() {
      return keys.isEmpty()
          ? Credentials.DEFAULT_ACCOUNT
          : keys.values().iterator().next().account();
    }

    /** Whether clients are held to the service's limits; {@link Limits#off()} by default. */
    public Builder limits(Limits limits) {
      this.limits = limits;
      return this;
    }

    /** How long an HTTP/1.1 connection may send nothing before it is closed. */
    Builder silenceMax(Duration silenceMax) {
      this.silenceMax = silenceMax;
      return this;
    }

    private @Nullable DataFolder openData() {
      Path folder = data;
      if (folder == null) {
        return null;
      }
      try {
        return new DataFolder(folder, diskBytesMax, SyncPolicy.valueOf(fsync.name()));
      } catch (LogFailure failure) {
        throw new LocalKinesisException(String.valueOf(failure.getMessage()), failure);
      }
    }

    /**
     * Starts the server; it takes requests when the call returns.
     *
     * @throws LocalKinesisException when the port or the folder of data cannot be opened, or the
     *     file with faults not be read, with a message fit to show
     */
    public LocalKinesis start() {
      return new LocalKinesis(this);
    }
  }
}
