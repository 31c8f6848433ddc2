package io.headrace.function.lambda;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import com.amazonaws.services.lambda.runtime.events.StreamsEventResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Handlers as users write them, good ones and others. What they saw is kept in statics. */
public final class Handlers {
  static final List<Object> SEEN = new ArrayList<>();

  private Handlers() {}

  public static class Typed implements RequestHandler<KinesisEvent, StreamsEventResponse> {
    @Override
    public StreamsEventResponse handleRequest(KinesisEvent event, Context context) {
      SEEN.add(event);
      SEEN.add(context);
      return new StreamsEventResponse();
    }
  }

  /** The event's type is found two classes up. */
  public abstract static class Base<E, R> implements RequestHandler<E, R> {
    abstract R handle(E event);

    @Override
    public R handleRequest(E event, Context context) {
      return handle(event);
    }
  }

  public abstract static class Middle<R> extends Base<KinesisEvent, R> {}

  public static class Bottom extends Middle<String> {
    @Override
    String handle(KinesisEvent event) {
      SEEN.add(event);
      return "done";
    }
  }

  @SuppressWarnings("rawtypes")
  public static class Raw implements RequestHandler {
    @Override
    public Object handleRequest(Object event, Context context) {
      SEEN.add(event);
      return null;
    }
  }

  public static class Streaming implements RequestStreamHandler {
    @Override
    public void handleRequest(InputStream in, OutputStream out, Context context)
        throws IOException {
      SEEN.add(new String(in.readAllBytes(), UTF_8));
      out.write("{\"batchItemFailures\":[]}".getBytes(UTF_8));
    }
  }

  /** Writes more than an answer may have. */
  public static class Flooding implements RequestStreamHandler {
    @Override
    public void handleRequest(InputStream in, OutputStream out, Context context)
        throws IOException {
      var block = new byte[1 << 20];
      for (int i = 0; i < 7; i++) {
        out.write(block);
      }
    }
  }

  public static class Plain {
    public String first(Map<String, Object> event) {
      SEEN.add(event);
      return "first";
    }

    public void with(KinesisEvent event, Context context) {
      SEEN.add(context.getFunctionName());
    }

    public void stream(InputStream in, OutputStream out) throws IOException {
      SEEN.add(in.readAllBytes().length);
    }

    public void pojo(Order order) {
      SEEN.add(order.getRecords().size());
    }

    public void nothing() {
      SEEN.add("nothing");
    }

    public static void statically(Context context) {
      SEEN.add(context.getAwsRequestId());
    }

    public void overloaded(KinesisEvent event) {
      SEEN.add("short");
    }

    public void overloaded(KinesisEvent event, Context context) {
      SEEN.add("long");
    }

    public void ambiguous(Map<String, Object> event) {
      SEEN.add(event);
    }

    public void ambiguous(KinesisEvent event) {
      SEEN.add(event);
    }

    public void three(KinesisEvent event, String other, Context context) {
      SEEN.add(other);
    }

    public void text(String event) {
      SEEN.add(event);
    }

    public void halfAStream(InputStream in, Context context) {
      SEEN.add(in);
    }

    public void throwing(KinesisEvent event) throws IOException {
      throw new IOException("of the handler");
    }

    void hidden(KinesisEvent event) {
      SEEN.add(event);
    }
  }

  /** Nothing of which an instance could be made. */
  public abstract static class Statics {
    private Statics() {}

    public static void handle(KinesisEvent event) {
      SEEN.add(event);
    }
  }

  public interface StaticsOfInterface {
    static void handle(KinesisEvent event, Context context) {
      SEEN.add(event);
    }
  }

  public abstract static class BadStatics {
    static final int BROKEN = Integer.parseInt("no number");

    public static void handle(KinesisEvent event) {
      SEEN.add(BROKEN);
    }
  }

  public static class ThrowingInSilence extends Typed {
    public ThrowingInSilence() {
      throw new IllegalStateException();
    }
  }

  /** A class of the user's own for the event. */
  public static class Order {
    private List<Map<String, Object>> records = List.of();

    public List<Map<String, Object>> getRecords() {
      return records;
    }

    public void setRecords(List<Map<String, Object>> records) {
      this.records = records;
    }
  }

  public static class OfAnotherService implements RequestHandler<SQSEvent, Void> {
    @Override
    public Void handleRequest(SQSEvent event, Context context) {
      return null;
    }
  }

  public static class OfText implements RequestHandler<String, String> {
    @Override
    public String handleRequest(String event, Context context) {
      return event;
    }
  }

  public static class WithoutConstructor extends Typed {
    public WithoutConstructor(String needed) {
      SEEN.add(needed);
    }
  }

  public static class Throwing extends Typed {
    public Throwing() {
      throw new IllegalStateException("no TABLE_NAME in the environment\nat all");
    }
  }

  public static class Unlinkable extends Typed {
    static final int BROKEN = Integer.parseInt("no number");

    public Unlinkable() {
      SEEN.add(BROKEN);
    }
  }

  static class NotPublic extends Typed {}

  @SuppressWarnings("ClassCanBeStatic") // That is what is wrong with it.
  public class Inner extends Typed {}

  public static class Closing extends Typed implements AutoCloseable {
    @Override
    public void close() {
      SEEN.add("closed");
    }
  }
}
