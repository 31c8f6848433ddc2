package io.headrace.function.aws;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * An S3 and an SQS of this machine, each started once in this process, on ports of their own, with
 * libraries that ours know nothing of.
 */
final class ForeignServers {
  private static final Path CLASS_PATH = Path.of("../test-servers/target/classpath.txt");

  private ForeignServers() {}

  /** Where S3Mock listens. */
  static URI s3() {
    return S3.AT;
  }

  /** Where ElasticMQ listens. */
  static URI sqs() {
    return Sqs.AT;
  }

  private static final class S3 {
    static final URI AT = foreign(S3::start);

    private static URI start() throws ReflectiveOperationException {
      var type = Libraries.load("com.adobe.testing.s3mock.S3MockApplication");
      // It takes some of them out.
      Map<String, Object> settings =
          new HashMap<>(
              Map.of(
                  "http.port",
                  0,
                  "server.port",
                  0,
                  "server.address",
                  "127.0.0.1",
                  "com.adobe.testing.s3mock.store.initialBuckets",
                  "letters",
                  "silent",
                  true,
                  "logging.level.root",
                  "OFF"));
      var started =
          type.getMethod("start", Map.class, String[].class).invoke(null, settings, new String[0]);
      return URI.create("http://127.0.0.1:" + type.getMethod("getHttpPort").invoke(started));
    }
  }

  private static final class Sqs {
    static final URI AT = foreign(Sqs::start);

    private static URI start() throws ReflectiveOperationException {
      var type = Libraries.load("org.elasticmq.rest.sqs.SQSRestServerBuilder");
      var on = type.getMethod("withInterface", String.class).invoke(null, "127.0.0.1");
      var dynamic = on.getClass().getMethod("withDynamicPort").invoke(on);
      var server = dynamic.getClass().getMethod("start").invoke(dynamic);
      var binding = server.getClass().getMethod("waitUntilStarted").invoke(server);
      var address =
          (InetSocketAddress) binding.getClass().getMethod("localAddress").invoke(binding);
      return URI.create("http://127.0.0.1:" + address.getPort());
    }
  }

  private static final class Libraries {
    static final URLClassLoader LOADER = loader();

    static Class<?> load(String name) throws ClassNotFoundException {
      return Class.forName(name, true, LOADER);
    }

    private static URLClassLoader loader() {
      try {
        var urls = new ArrayList<URL>();
        for (var jar : Files.readString(CLASS_PATH).trim().split(":", -1)) {
          urls.add(Path.of(jar).toUri().toURL());
        }
        return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
      } catch (MalformedURLException impossible) {
        throw new UncheckedIOException(impossible);
      } catch (IOException missing) {
        throw new UncheckedIOException(
            CLASS_PATH + " is missing: build with -am, so that test-servers writes it", missing);
      }
    }
  }

  /** Frameworks look for themselves by the thread's class loader. */
  private static URI foreign(Callable<URI> start) {
    var thread = Thread.currentThread();
    var own = thread.getContextClassLoader();
    thread.setContextClassLoader(Libraries.LOADER);
    try {
      return start.call();
    } catch (Exception failed) {
      throw new IllegalStateException("a server of the tests did not start", failed);
    } finally {
      thread.setContextClassLoader(own);
    }
  }
}
