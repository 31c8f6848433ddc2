package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.KinesisTimeWindowEvent;
import com.amazonaws.services.lambda.runtime.events.TimeWindowEventResponse;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Letters of a handler with windows, which are played again among records that are not. */
class TumblingRedriveTest extends RedriveRig {
  private static final List<List<String>> BATCHES = new ArrayList<>();
  private static final Set<String> BROKEN = new HashSet<>();
  private static final Set<String> DOWN = new HashSet<>();
  private static final Set<String> NAMED = new HashSet<>();

  @BeforeEach
  void forget() {
    BATCHES.clear();
    BROKEN.clear();
    DOWN.clear();
    NAMED.clear();
    in = streams.create("one", 1, loop);
    spec = spec();
  }

  /** By partition key: fails, finds its dependency down, or stops at a record and names it. */
  public static class Choosy
      implements RequestHandler<KinesisTimeWindowEvent, TimeWindowEventResponse> {
    @Override
    public TimeWindowEventResponse handleRequest(KinesisTimeWindowEvent event, Context context) {
      var response = new TimeWindowEventResponse();
      response.setState(event.getState());
      var seen = new ArrayList<String>();
      if (!event.getRecords().isEmpty()) {
        BATCHES.add(seen);
      }
      for (var record : event.getRecords()) {
        var key = record.getKinesis().getPartitionKey();
        if (BROKEN.contains(key)) {
          throw new TerminalFailure("Broken", "no retry mends it");
        }
        if (DOWN.contains(key)) {
          throw new IllegalStateException("down");
        }
        if (NAMED.contains(key)) {
          response.setBatchItemFailures(
              List.of(
                  new TimeWindowEventResponse.BatchItemFailure(
                      record.getKinesis().getSequenceNumber())));
          return response;
        }
        seen.add(new String(record.getKinesis().getData().array(), UTF_8));
      }
      return response;
    }
  }

  @Test
  void a_letter_goes_alone_so_that_no_failure_of_others_settles_it() {
    var unused = start("w1");
    BROKEN.add("a");
    put(1, "a");
    advance(5);
    assertThat(entered()).hasSize(1);
    BROKEN.clear();
    DOWN.add("b");
    put(1, "b");
    advance(2);
    put(2, "c", "d");
    advance(1);

    // The letter comes while c and d wait behind b, and is older than both.
    redrive(ALL, Optional.empty());
    NAMED.add("c");
    DOWN.clear();
    advance(30);
    NAMED.clear();
    advance(60);

    assertThat(BATCHES).contains(List.of("c 2", "d 3")).endsWith(List.of("a 0"));
    assertThat(entered()).isEmpty();
  }

  @SuppressWarnings("unchecked")
  private static FunctionSpec<String, String> spec() {
    var handler =
        LambdaHandler.named(Choosy.class.getName()).tumblingWindow(Duration.ofMinutes(15));
    return (FunctionSpec<String, String>)
        (FunctionSpec<?, ?>)
            FunctionSpec.named("echo")
                .reading(Input.of(StreamSource.kinesis("one"), new Texts()))
                .batching(10, Duration.ZERO)
                .retrying(
                    RetryPolicy.forever()
                        .backingOff(Duration.ofMillis(100), Duration.ofSeconds(1))
                        .unavailableOn(IllegalStateException.class))
                .handledByLambda(handler);
  }
}
