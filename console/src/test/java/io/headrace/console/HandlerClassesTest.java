package io.headrace.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
import io.headrace.function.BatchAnswer;
import io.headrace.function.LambdaCall;
import io.headrace.function.LambdaHandler;
import io.headrace.function.LambdaHandlers;
import io.headrace.function.lambda.HandlerClasses;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which classes a handler's jar sees. Here, since here all of ours are on the class path. */
class HandlerClassesTest {
  private static final String LOOKING =
      """
      package com.acme;

      import com.amazonaws.services.lambda.runtime.Context;
      import com.amazonaws.services.lambda.runtime.RequestHandler;
      import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
      import java.util.ArrayList;

      public class Looking implements RequestHandler<KinesisEvent, String> {
        @Override
        public String handleRequest(KinesisEvent event, Context context) {
          ArrayList<String> seen = new ArrayList<>();
          for (String name :
              new String[] {
                "io.headrace.function.Event",
                "com.fasterxml.jackson.databind.ObjectMapper",
                "com.google.common.collect.ImmutableList",
                "org.slf4j.Logger",
                "software.amazon.awssdk.core.SdkBytes",
              }) {
            try {
              Class.forName(name);
              seen.add(name);
            } catch (ClassNotFoundException absent) {
              // as it is to be
            }
          }
          ClassLoader own = Looking.class.getClassLoader();
          if (Thread.currentThread().getContextClassLoader() != own) {
            seen.add("another context class loader");
          }
          boolean ownEvents = KinesisEvent.class.getClassLoader() == own;
          boolean ownCore = Context.class.getClassLoader() == own;
          if (!seen.isEmpty() || event.getRecords().size() != 1) {
            throw new IllegalStateException(seen.toString());
          }
          throw new UnsupportedOperationException(
              "own events " + ownEvents + ", own core " + ownCore);
        }
      }
      """;

  @TempDir Path folder;

  @Test
  void a_jar_without_aws_s_classes_sees_ours_of_them_and_nothing_else() throws IOException {
    var jar = new HandlerJar(folder).source("com.acme.Looking", LOOKING).build("thin.jar");

    assertThatThrownBy(() -> call(jar, "com.acme.Looking"))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("own events false, own core false");
  }

  @Test
  void a_jar_with_aws_s_classes_keeps_its_events_and_gets_our_interfaces() throws IOException {
    var jar =
        new HandlerJar(folder)
            .source("com.acme.Looking", LOOKING)
            .with(HandlerJar.jarOf(Context.class))
            .with(HandlerJar.jarOf(KinesisEvent.class))
            .build("shaded.jar");

    assertThatThrownBy(() -> call(jar, "com.acme.Looking"))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("own events true, own core false");
  }

  @Test
  void two_handlers_share_no_statics() throws IOException {
    var counting =
        """
        package com.acme;
        public class Counting {
          private static int calls;
          public void handle(java.util.Map<String, Object> event) {
            if (++calls > 1) { throw new IllegalStateException("called before"); }
          }
        }
        """;
    var jar = new HandlerJar(folder).source("com.acme.Counting", counting).build("counting.jar");

    assertThatCode(
            () -> {
              call(jar, "com.acme.Counting::handle");
              call(jar, "com.acme.Counting::handle");
            })
        .doesNotThrowAnyException();
  }

  @Test
  void a_serializer_of_the_jar_reads_what_is_no_event_class() throws Exception {
    var serializer =
        """
        package com.acme;

        import com.amazonaws.services.lambda.runtime.CustomPojoSerializer;
        import java.io.InputStream;
        import java.io.OutputStream;
        import java.lang.reflect.Type;

        public class Own implements CustomPojoSerializer {
          public static class Order { public String from; }

          @Override @SuppressWarnings("unchecked")
          public <T> T fromJson(InputStream json, Type type) {
            Order order = new Order();
            order.from = "own serializer of " + type;
            return (T) order;
          }

          @Override
          public <T> T fromJson(String json, Type type) { return null; }

          @Override
          public <T> void toJson(T value, OutputStream out, Type type) {
            try {
              out.write("{\\"batchItemFailures\\":[{\\"itemIdentifier\\":\\"1\\"}]}".getBytes());
            } catch (java.io.IOException failed) {
              throw new java.io.UncheckedIOException(failed);
            }
          }

          public Object handle(Order order) {
            if (!order.from.equals("own serializer of class com.acme.Own$Order")) {
              throw new IllegalStateException(order.from);
            }
            return order;
          }
        }
        """;
    var jar =
        new HandlerJar(folder)
            .source("com.acme.Own", serializer)
            .entry(
                "META-INF/services/com.amazonaws.services.lambda.runtime.CustomPojoSerializer",
                "com.acme.Own\n".getBytes(UTF_8))
            .build("own.jar");

    assertThat(call(jar, "com.acme.Own::handle")).isInstanceOf(BatchAnswer.ItemsFailed.class);
  }

  @Test
  void each_instance_has_a_serializer_of_its_own() throws Exception {
    var serializer =
        """
        package com.acme;

        import com.amazonaws.services.lambda.runtime.CustomPojoSerializer;
        import java.io.InputStream;
        import java.io.OutputStream;
        import java.lang.reflect.Type;

        public class Own implements CustomPojoSerializer {
          public static class Order { public int readBefore; }

          private int read;

          @Override @SuppressWarnings("unchecked")
          public <T> T fromJson(InputStream json, Type type) {
            Order order = new Order();
            order.readBefore = read++;
            return (T) order;
          }

          @Override
          public <T> T fromJson(String json, Type type) { return null; }

          @Override
          public <T> void toJson(T value, OutputStream out, Type type) {}

          public Object handle(Order order) {
            if (order.readBefore > 0) {
              throw new IllegalStateException("read by the serializer of another");
            }
            return order;
          }
        }
        """;
    var jar =
        new HandlerJar(folder)
            .source("com.acme.Own", serializer)
            .entry(
                "META-INF/services/com.amazonaws.services.lambda.runtime.CustomPojoSerializer",
                "com.acme.Own\n".getBytes(UTF_8))
            .build("own.jar");

    try (var classes = HandlerClasses.in(List.of(jar))) {
      var code =
          LambdaHandlers.find().resolve(LambdaHandler.named("com.acme.Own::handle").from(classes));
      for (int i = 0; i < 2; i++) {
        try (var instance = code.instance()) {
          assertThat(instance.call(call()).batch()).isEqualTo(new BatchAnswer.Done(false));
        }
      }
    }
  }

  private static BatchAnswer call(Path jar, String handler) throws Exception {
    try (var classes = HandlerClasses.in(List.of(jar));
        var instance =
            LambdaHandlers.find().resolve(LambdaHandler.named(handler).from(classes)).instance()) {
      return instance.call(call()).batch();
    }
  }

  private static LambdaCall call() {
    var record = new StreamRecord(Position.of(1), "k", Instant.EPOCH, new byte[] {1});
    var shard = new ShardKey(new StreamId("s", Instant.EPOCH), new ShardId("shardId-0"));
    return new LambdaCall("f", "r", shard, List.of(record), () -> Duration.ofSeconds(1), null);
  }
}
