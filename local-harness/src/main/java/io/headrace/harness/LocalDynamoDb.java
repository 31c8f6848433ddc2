package io.headrace.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.dynamodb.services.exceptions.DynamoDBLocalServiceException;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;
import software.amazon.dynamodb.services.local.shared.access.sqlite.SQLiteLibraryLoader;

/**
 * DynamoDB Local inside this process: real requests over a loopback socket; tables in memory, gone
 * with {@link #close}, or in a folder. It reports nothing to anybody: the classes that could are
 * not even on the class path. Every account and region sees the same tables.
 *
 * <p>Any thread may call; starting takes about a second in a fresh process.
 *
 * <pre>{@code
 * try (var dynamo = LocalDynamoDb.start()) {
 *   dynamo.client().listTables().join();
 * }
 * }</pre>
 */
public final class LocalDynamoDb implements AutoCloseable {
  /** Requests served at once; more wait in Jetty's queue. */
  private static final int SERVER_THREADS_MAX = 24;

  private static final int SERVER_THREADS_MIN = 4;

  /** All of DynamoDB: tables and streams. */
  private static final int AUTHORITY_LEVEL = 0;

  /** Held, since a logger that nobody holds forgets its level. */
  private static final Logger SQLITE_LOG = Logger.getLogger("com.almworks.sqlite4java");

  private final Server server;
  private final LocalDynamoDBServerHandler handler;
  private final URI endpoint;
  private final LocalClients clients = new LocalClients();
  private final DynamoDbAsyncClient client;

  private LocalDynamoDb(Server server, LocalDynamoDBServerHandler handler, int port) {
    this.server = server;
    this.handler = handler;
    this.endpoint = URI.create("http://127.0.0.1:" + port);
    this.client = clients.dynamoDb(endpoint);
  }

  /**
   * Starts on a free port of 127.0.0.1.
   *
   * @throws LocalServerException when it can't start, with the reason in one sentence
   */
  public static LocalDynamoDb start() {
    return start(0);
  }

  /**
   * Starts on a port of 127.0.0.1.
   *
   * @param port 0 for any free one
   * @throws LocalServerException when the port is in use or the server can't start, in one sentence
   */
  public static LocalDynamoDb start(int port) {
    return start(port, null);
  }

  /**
   * Starts on a port of 127.0.0.1 with the tables of a folder, where they stay.
   *
   * @param port 0 for any free one
   * @param folder exists, and is no other running server's
   * @throws IllegalArgumentException when there is no such folder
   * @throws LocalServerException when the port is in use or the server can't start, in one sentence
   */
  public static LocalDynamoDb startIn(Path folder, int port) {
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          "folder " + folder + ": there is none, and DynamoDB Local is to keep its tables there");
    }
    return start(port, folder);
  }

  private static LocalDynamoDb start(int port, @Nullable Path folder) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + ": must be between 0 and 65535");
    }
    quieten();
    loadSqlite();
    var threads = new QueuedThreadPool(SERVER_THREADS_MAX, SERVER_THREADS_MIN);
    threads.setName("local-dynamodb");
    threads.setDaemon(true);
    var server = new Server(threads);
    // Nothing is worth waiting for: what is still asked when the server closes is lost anyway.
    server.setStopTimeout(0);
    var http = new HttpConfiguration();
    http.setSendServerVersion(false);
    var connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    server.addConnector(connector);
    var handler = requests(folder);
    server.setHandler(handler);
    try {
      connector.open();
    } catch (IOException refused) {
      handler.close();
      throw new LocalServerException(
          "DynamoDB Local can't listen on 127.0.0.1:"
              + port
              + ": "
              + (inUse(port)
                  ? "the port is in use; stop what holds it or choose another port"
                  : refused.getMessage()),
          refused);
    }
    try {
      server.start();
    } catch (Exception failed) {
      handler.close();
      connector.close();
      throw new LocalServerException(
          "DynamoDB Local did not start on port " + port + ": " + failed.getMessage(), failed);
    }
    return new LocalDynamoDb(server, handler, connector.getLocalPort());
  }

  /** Where it listens, such as {@code http://127.0.0.1:40123}. */
  public URI endpoint() {
    return endpoint;
  }

  /**
   * A client of this server, with credentials that are valid nowhere else, region us-east-1. There
   * is one, and it is closed with the server.
   */
  public DynamoDbAsyncClient client() {
    return client;
  }

  /** Ends the server and forgets the tables that lie in no folder. Harmless when repeated. */
  @Override
  public void close() {
    clients.close();
    try {
      server.stop();
    } catch (Exception failed) {
      throw new LocalServerException(
          "DynamoDB Local at " + endpoint + " did not stop: " + failed.getMessage(), failed);
    } finally {
      handler.close();
    }
  }

  @Override
  public String toString() {
    return "DynamoDB Local at " + endpoint;
  }

  private static LocalDynamoDBServerHandler requests(@Nullable Path folder) {
    try {
      return new LocalDynamoDBServerHandler(
          new LocalDynamoDBRequestHandler(
              AUTHORITY_LEVEL,
              folder == null,
              folder == null ? null : folder.toString(),
              true,
              false),
          null);
    } catch (DynamoDBLocalServiceException failed) {
      throw new LocalServerException(
          "DynamoDB Local did not start: " + failed.getMessage(), failed);
    }
  }

  /** Early, so that a platform without the native library fails here and not at the first call. */
  private static void loadSqlite() {
    try {
      SQLiteLibraryLoader.initialize();
    } catch (Exception absent) {
      throw new LocalServerException(
          "DynamoDB Local has no SQLite library that runs here ("
              + System.getProperty("os.name")
              + ", "
              + System.getProperty("os.arch")
              + "), or can't unpack it into "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + absent.getMessage(),
          absent);
    }
  }

  /**
   * Silences what the embedded server would print unasked. Jetty greets at level INFO, which
   * slf4j-simple prints by default; whoever set a level keeps it.
   */
  private static void quieten() {
    SQLITE_LOG.setLevel(Level.WARNING);
    var jetty = "org.slf4j.simpleLogger.log.org.eclipse.jetty";
    if (System.getProperty(jetty) == null) {
      System.setProperty(jetty, "warn");
    }
  }

  private static boolean inUse(int port) {
    try (var probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return false;
    } catch (IOException taken) {
      return true;
    }
  }
}
