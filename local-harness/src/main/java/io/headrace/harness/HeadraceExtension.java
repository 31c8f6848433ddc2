package io.headrace.harness;

import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Gives a JUnit test a running {@link LocalAws} on free ports. In a static field the servers live
 * as long as the test class, nested classes included; in an instance field as long as one test. A
 * server that does not start fails the class, or the test, with its reason.
 *
 * <pre>{@code
 * @RegisterExtension
 * static HeadraceExtension headrace = HeadraceExtension.withStream("orders", 2);
 *
 * @Test
 * void reads_what_was_put(LocalAws aws, KinesisAsyncClient kinesis) {
 *   try (var worker = aws.runtime("shop").run(Orders.spec()).start()) { ... }
 * }
 * }</pre>
 *
 * Parameters of type {@link LocalAws}, {@link KinesisAsyncClient}, {@link DynamoDbAsyncClient} and
 * {@link StreamConnector} are filled in, and closed by the extension; so is {@link StreamSource}
 * where there is one stream.
 */
public final class HeadraceExtension
    implements BeforeAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        AfterAllCallback,
        ParameterResolver {
  private static final Map<Class<?>, Function<LocalAws, Object>> PARAMETERS =
      Map.of(
          LocalAws.class, aws -> aws,
          KinesisAsyncClient.class, LocalAws::kinesis,
          StreamConnector.class, LocalAws::connector,
          DynamoDbAsyncClient.class, LocalAws::dynamoDb);

  private final Map<String, Integer> streams;
  private volatile @Nullable LocalAws running;

  /** The context that started the servers, and ends them. */
  private volatile @Nullable String owner;

  private HeadraceExtension(Map<String, Integer> streams) {
    this.streams = streams;
  }

  /** Both servers, without a stream. */
  public static HeadraceExtension withoutStreams() {
    return new HeadraceExtension(Map.of());
  }

  /** Both servers and a stream. */
  public static HeadraceExtension withStream(String name, int shards) {
    return withoutStreams().andStream(name, shards);
  }

  /** The same and one more stream. */
  public HeadraceExtension andStream(String name, int shards) {
    var more = new LinkedHashMap<>(streams);
    if (more.put(name, shards) != null) {
      throw new IllegalArgumentException("stream " + name + ": named twice");
    }
    return new HeadraceExtension(more);
  }

  /**
   * The running servers.
   *
   * @throws IllegalStateException outside of a test
   */
  public LocalAws aws() {
    var now = running;
    if (now == null) {
      throw new IllegalStateException(
          "the local servers run only during a test: is the field annotated with"
              + " @RegisterExtension?");
    }
    return now;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    startFor(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    startFor(context);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    stopFor(context);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    stopFor(context);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    var type = parameter.getParameter().getType();
    return PARAMETERS.containsKey(type) || (type == StreamSource.class && streams.size() == 1);
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    var choose = PARAMETERS.get(parameter.getParameter().getType());
    return choose != null
        ? choose.apply(aws())
        : StreamSource.kinesis(streams.keySet().iterator().next());
  }

  /** The first context that comes owns the servers: nested classes and tests find them running. */
  private void startFor(ExtensionContext context) {
    if (running != null) {
      return;
    }
    var aws = LocalAws.start();
    try {
      streams.forEach(aws::createStream);
    } catch (RuntimeException refused) {
      aws.close();
      throw refused;
    }
    running = aws;
    owner = context.getUniqueId();
  }

  private void stopFor(ExtensionContext context) {
    var now = running;
    if (now != null && context.getUniqueId().equals(owner)) {
      running = null;
      now.close();
    }
  }
}
