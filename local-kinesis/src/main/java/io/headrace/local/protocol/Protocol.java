package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.PutOutcome;
import io.headrace.local.engine.Subscription;
import io.headrace.local.fault.FaultEffect;
import io.headrace.local.fault.FaultRules;
import io.headrace.local.fault.Struck;
import io.headrace.local.log.LogFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The service's protocol above HTTP: finds the action, checks in the order in which the service
 * checks, runs it, and words the answer, errors too. Any thread.
 */
public final class Protocol {
  private static final String TARGET_PREFIX = "Kinesis_20131202.";
  private static final String EXPOSED_HEADERS =
      "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date";
  private static final int PREFLIGHT_SECONDS = 172_800;

  private static final Map<String, Action<?>> ACTIONS = actions();

  private final Engine engine;
  private final Health health;
  private final FaultRules faults;
  private final FaultyCalls faulty;
  private final @Nullable Signatures signatures;
  private final @Nullable FaultEndpoint faultEndpoint;
  private final RequestIds ids = new RequestIds();

  public Protocol(Engine engine) {
    this(engine, ProtocolSettings.plain());
  }

  public Protocol(Engine engine, ProtocolSettings settings) {
    this.engine = engine;
    this.health = new Health(engine);
    this.faults = settings.faults();
    this.faulty = new FaultyCalls(engine);
    this.signatures = settings.signatures();
    this.faultEndpoint = settings.admin() ? new FaultEndpoint(faults, ACTIONS.keySet()) : null;
  }

  /** The service's names of the actions that there are. */
  public static Set<String> actionNames() {
    return ACTIONS.keySet();
  }

  private static Map<String, Action<?>> actions() {
    Map<String, Action<?>> actions = new HashMap<>();
    Stream.of(
            StreamActions.all(),
            ShardActions.all(),
            RecordActions.all(),
            TagActions.all(),
            OptionActions.all(),
            CapacityActions.all(),
            PolicyActions.all(),
            ConsumerActions.all())
        .flatMap(List::stream)
        .forEach(action -> actions.put(action.name(), action));
    return Map.copyOf(actions);
  }

  public Reply answer(Request request) {
    if (Health.isAskedFor(request)) {
      return health.answer();
    }
    FaultEndpoint endpoint = faultEndpoint;
    if (endpoint != null && FaultEndpoint.isAskedFor(request)) {
      return endpoint.answer(request);
    }
    Map<String, String> headers = new LinkedHashMap<>();
    long id = ids.next();
    headers.put("x-amzn-RequestId", RequestIds.requestId(id));
    boolean fromBrowser = request.header("origin") != null;
    if (fromBrowser) {
      headers.put("Access-Control-Allow-Origin", "*");
    }
    if (fromBrowser && request.method().equals("OPTIONS")) {
      return preflight(request, headers);
    }
    headers.put("x-amz-id-2", RequestIds.id2(id));
    if (fromBrowser) {
      headers.put("Access-Control-Expose-Headers", EXPOSED_HEADERS);
    }
    Wire wire = Wire.of(request.header("content-type"));
    if (wire == null || !request.method().equals("POST")) {
      return notOurs(request, headers);
    }
    headers.put("content-type", wire.contentType());
    return whenSafe(answer(request, wire, headers), wire);
  }

  private Reply answer(Request request, Wire wire, Map<String, String> headers) {
    try {
      return run(request, wire, headers);
    } catch (KinesisError error) {
      return error(wire, headers, error);
    } catch (LogFailure failure) {
      return error(wire, headers, KinesisError.of(failure));
    }
  }

  private Reply whenSafe(Reply reply, Wire wire) {
    CompletionStage<@Nullable Void> safe = engine.safe();
    if (safe == null || !(reply instanceof Reply.Whole whole)) {
      return reply;
    }
    return new Reply.Once(
        safe.handle(
            (done, failure) ->
                failure instanceof LogFailure lost
                    ? error(wire, whole.headers(), KinesisError.of(lost))
                    : whole));
  }

  private static Reply error(Wire wire, Map<String, String> headers, KinesisError error) {
    return new Reply.Whole(error.status(), headers, out -> writeError(wire, out, error));
  }

  /** The answer when the server itself failed; the request may have taken effect or not. */
  public Reply.Whole failure(Request request) {
    Wire wire = Wire.of(request.header("content-type"));
    Wire used = wire == null ? Wire.JSON : wire;
    KinesisError error =
        KinesisError.of("InternalFailure", "The local server failed; its log says how.");
    return new Reply.Whole(
        error.status(),
        Map.of("content-type", used.contentType()),
        out -> writeError(used, out, error));
  }

  private Reply run(Request request, Wire wire, Map<String, String> headers) {
    Action<?> action = action(request.header("x-amz-target"));
    byte[] body = request.body();
    if (action == null) {
      if (body.length > 0) {
        BodyReader.requireWellFormed(wire, body);
      }
      throw KinesisError.withoutMessage("UnknownOperationException");
    }
    Caller caller;
    try {
      Claim claim = Credentials.claim(request);
      Signatures verifying = signatures;
      caller = verifying == null ? Credentials.believed(claim) : verifying.verify(request, claim);
    } catch (KinesisError unsigned) {
      BodyReader.requireWellFormed(wire, body);
      throw unsigned;
    }
    return run(action, wire, caller, body, headers);
  }

  private <R> Reply run(
      Action<R> action, Wire wire, Caller caller, byte[] body, Map<String, String> headers) {
    Fields input = BodyReader.read(wire, body, action.input());
    Validation.check(input);
    if (signatures != null) {
      Access.require(engine, action.name(), caller, input);
    }
    if (engine.countsCalls()) {
      Subject subject = Subject.of(caller, input);
      engine.countCall(action.name(), subject.owner(), subject.stream());
    }
    if (faults.isEmpty()) {
      return answer(action, wire, headers, action.work().run(engine, caller, input), null);
    }
    FaultedRequest request = new FaultedRequest(engine, action.name(), caller, input);
    Struck struck = faults.strike(request);
    if (struck == null) {
      return answer(action, wire, headers, action.work().run(engine, caller, input), null);
    }
    Reply reply;
    try {
      reply =
          faulty.run(
              struck,
              request,
              broken -> answer(action, wire, headers, result(action, struck, request), broken));
    } catch (KinesisError error) {
      reply = new Reply.Whole(error.status(), headers, out -> writeError(wire, out, error));
    }
    return struck.delay().isZero() ? reply : new Reply.After(struck.delay(), reply);
  }

  // What PutRecords gives are outcomes, which no type says here.
  @SuppressWarnings("unchecked")
  private <R> R result(Action<R> action, Struck struck, FaultedRequest request) {
    List<PutOutcome> outcomes = faulty.outcomes(struck, request);
    return outcomes != null
        ? (R) outcomes
        : action.work().run(engine, request.caller(), request.input());
  }

  private <R> Reply answer(
      Action<R> action,
      Wire wire,
      Map<String, String> headers,
      R result,
      FaultEffect.@Nullable BreakSubscription broken) {
    if (result instanceof Subscription subscription) {
      headers.put("content-type", EventFrame.CONTENT_TYPE);
      return new Reply.Events(headers, new PushedEvents(engine.fanOut(), subscription, broken));
    }
    Output<R> output = action.output();
    if (output == null) {
      return new Reply.Whole(200, headers, Reply.EMPTY);
    }
    return new Reply.Whole(
        200,
        headers,
        out -> {
          try (JsonGenerator generator = wire.generator(out)) {
            output.write(wire, generator, result);
          }
        });
  }

  private @Nullable Action<?> action(@Nullable String target) {
    return target != null && target.startsWith(TARGET_PREFIX)
        ? ACTIONS.get(target.substring(TARGET_PREFIX.length()))
        : null;
  }

  private static void writeError(Wire wire, OutputStream out, KinesisError error)
      throws IOException {
    try (JsonGenerator generator = wire.generator(out)) {
      generator.writeStartObject();
      generator.writeStringField("__type", error.code());
      String message = error.getMessage();
      if (message != null) {
        generator.writeStringField(error.messageField(), message);
      }
      generator.writeEndObject();
    }
  }

  private Reply notOurs(Request request, Map<String, String> headers) {
    String target = request.header("x-amz-target");
    boolean named = target != null && target.indexOf('.') > 0;
    if (named && request.method().equals("POST")) {
      return xml(404, "<UnknownOperationException/>\n", headers);
    }
    return xml(
        403,
        """
        <AccessDeniedException>
          <Message>Unable to determine service/operation name to be authorized</Message>
        </AccessDeniedException>
        """,
        headers);
  }

  private static Reply xml(int status, String text, Map<String, String> headers) {
    return new Reply.Whole(
        status, headers, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static Reply preflight(Request request, Map<String, String> headers) {
    String wanted = request.header("access-control-request-headers");
    if (wanted != null) {
      headers.put("Access-Control-Allow-Headers", wanted);
    }
    String method = request.header("access-control-request-method");
    if (method != null) {
      headers.put("Access-Control-Allow-Methods", method);
    }
    headers.put("Access-Control-Max-Age", Integer.toString(PREFLIGHT_SECONDS));
    return new Reply.Whole(200, headers, Reply.EMPTY);
  }
}
