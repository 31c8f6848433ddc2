package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
import com.amazonaws.services.lambda.runtime.events.StreamsEventResponse;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Lambda handler in a shard: which records go on and which are tried again. */
class HandlerFunctionTest {
  /** What the handlers below do; statics, as handlers are made by name. */
  private static final List<List<String>> BATCHES = new ArrayList<>();

  private static final Set<String> REQUESTS = new TreeSet<>();
  private static final Set<String> FAILING = new TreeSet<>();
  private static final Tally TALLY = new Tally();

  private static final class Tally {
    int made;
    int closed;
    boolean throwsNext;
  }

  @BeforeEach
  void forget() {
    BATCHES.clear();
    REQUESTS.clear();
    FAILING.clear();
    TALLY.made = 0;
    TALLY.closed = 0;
    TALLY.throwsNext = false;
  }

  /** Names those that fail. */
  public static class Reporting
      implements RequestHandler<KinesisEvent, StreamsEventResponse>, AutoCloseable {
    public Reporting() {
      TALLY.made++;
    }

    @Override
    public StreamsEventResponse handleRequest(KinesisEvent event, Context context) {
      var failures = new ArrayList<StreamsEventResponse.BatchItemFailure>();
      var numbers = new ArrayList<String>();
      for (var record : event.getRecords()) {
        var number = record.getKinesis().getSequenceNumber();
        numbers.add(number);
        if (FAILING.contains(number)) {
          failures.add(new StreamsEventResponse.BatchItemFailure(number));
        }
      }
      BATCHES.add(numbers);
      REQUESTS.add(context.getAwsRequestId());
      if (TALLY.throwsNext) {
        TALLY.throwsNext = false;
        throw new IllegalStateException("out of time");
      }
      return new StreamsEventResponse(failures);
    }

    @Override
    public void close() {
      TALLY.closed++;
    }
  }

  /** Throws while any fails. */
  public static class AllOrNothing extends Reporting {
    @Override
    public StreamsEventResponse handleRequest(KinesisEvent event, Context context) {
      if (!super.handleRequest(event, context).getBatchItemFailures().isEmpty()) {
        throw new IllegalStateException("one failed");
      }
      return new StreamsEventResponse();
    }
  }

  public static class BadlyMade {
    public BadlyMade() {
      throw new IllegalStateException("no table");
    }

    public void handle(KinesisEvent event) {
      BATCHES.add(List.of());
    }
  }

  @Test
  void a_batch_that_is_answered_without_failures_is_done() {
    var rig = rig(Reporting.class, RetryPolicy.forever());

    rig.putAll("a=1", "b=2", "a=3");
    rig.drain();

    assertThat(BATCHES).containsExactly(List.of("1", "2", "3"));
    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED);
    assertThat(TALLY.made).as("the instance that was made at the start").isEqualTo(1);
  }

  @Test
  void after_a_partial_answer_everything_from_the_lowest_on_comes_again() {
    var rig = rig(Reporting.class, RetryPolicy.forever());
    FAILING.add("3");

    var put = rig.putAll("a=1", "b=2", "c=3", "d=4");
    rig.advance(10);
    assertThat(rig.settled).containsOnlyKeys(put.get(0), put.get(1));
    FAILING.clear();
    rig.drain();

    assertThat(BATCHES).containsExactly(List.of("1", "2", "3", "4"), List.of("3", "4"));
    assertThat(REQUESTS).as("an id for each attempt").hasSize(2);
  }

  @Test
  void sub_records_of_one_number_come_again_together() {
    var rig = rig(Reporting.class, RetryPolicy.forever());
    FAILING.add("1");

    rig.putAggregated("a=1", "b=2");
    rig.advance(50);
    assertThat(rig.settled).isEmpty();
    FAILING.clear();
    rig.drain();

    assertThat(BATCHES.get(0)).containsExactly("1", "1");
    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED);
  }

  @Test
  void an_exception_fails_the_whole_batch_and_its_letters_hold_what_was_in_it() {
    var rig = rig(AllOrNothing.class, RetryPolicy.upTo(1));
    FAILING.add("3");

    rig.putAll("a=1", "b=2", "c=3", "d=4");
    rig.drain();

    assertThat(BATCHES).containsExactly(List.of("1", "2", "3", "4"), List.of("1", "2", "3", "4"));
    assertThat(rig.letters)
        .hasSize(4)
        .extracting(DeadLetter::code)
        .containsOnly("RetryAttemptsExhausted");
    assertThat(rig.letters.get(2).payloadBytes()).asString().isEqualTo("3");
  }

  @Test
  void a_mapping_that_bisects_finds_the_bad_record() {
    var mapping =
        EventSourceMapping.defaults().bisectBatchOnFunctionError(true).payloadInLetters(true);
    var rig = rig(AllOrNothing.class, mapping, RetryPolicy.upTo(1));
    FAILING.add("3");

    var put = rig.putAll("a=1", "b=2", "c=3", "d=4");
    rig.drain();

    assertThat(rig.settled)
        .containsEntry(put.get(0), Outcome.HANDLED)
        .containsEntry(put.get(1), Outcome.HANDLED)
        .containsEntry(put.get(2), Outcome.DEAD_LETTERED)
        .containsEntry(put.get(3), Outcome.HANDLED);
  }

  @Test
  void a_mapping_without_report_batch_item_failures_hears_none() {
    var rig = rig(Reporting.class, EventSourceMapping.defaults(), RetryPolicy.forever());
    FAILING.add("2");

    rig.putAll("a=1", "b=2");
    rig.drain();

    assertThat(BATCHES).containsExactly(List.of("1", "2"));
    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED);
  }

  @Test
  void an_instance_whose_call_was_cut_short_is_not_used_again() {
    var rig = rig(Reporting.class, RetryPolicy.forever());
    int before = TALLY.made;
    TALLY.throwsNext = true;
    rig.pool =
        task ->
            rig.schedule(
                1,
                () -> {
                  // The clock stands still during a call: the interrupt stands for the time-out.
                  Thread.currentThread().interrupt();
                  task.run();
                });
    rig.start().restore();

    rig.put("a", "1");
    rig.drain();

    assertThat(TALLY.closed).isEqualTo(1);
    assertThat(TALLY.made).isGreaterThan(before + 1);
    assertThat(rig.settled.values()).containsOnly(Outcome.HANDLED);
  }

  @Test
  void a_constructor_that_throws_ends_the_start_before_anything_is_read() {
    assertThatThrownBy(() -> rig(BadlyMade.class, "::handle", RetryPolicy.forever()))
        .isInstanceOf(LambdaHandlerException.class)
        .hasMessageEndingWith(": its constructor threw java.lang.IllegalStateException: no table");
    assertThat(BATCHES).isEmpty();
  }

  @Test
  void a_call_that_found_a_dependency_down_has_an_id_of_its_own() {
    var rig =
        rig(Reporting.class, RetryPolicy.forever().unavailableOn(IllegalStateException.class));
    TALLY.throwsNext = true;

    rig.put("a", "1");
    rig.drain();

    assertThat(BATCHES).hasSize(2);
    assertThat(REQUESTS).hasSize(2);
  }

  @Test
  void the_codec_is_not_asked() {
    var rig = rig(Reporting.class, RetryPolicy.forever());

    // The codec refuses what begins with "bad".
    rig.putAll("a=bad", "b=2");
    rig.drain();

    assertThat(BATCHES).containsExactly(List.of("1", "2"));
    assertThat(rig.letters).isEmpty();
  }

  @Test
  void a_call_that_comes_back_after_the_end_closes_its_instance() throws Exception {
    var pools = new LambdaPool[1];
    var closed = new ArrayList<String>();
    pools[0] =
        LambdaPool.open(
            () ->
                new LambdaHandlers.Instance() {
                  @Override
                  public LambdaHandlers.Answer call(LambdaCall call) {
                    pools[0].close();
                    return new LambdaHandlers.Answer(new BatchAnswer.Done(false), null);
                  }

                  @Override
                  public void close() {
                    closed.add("closed");
                  }
                });
    var shard = new ShardKey(new StreamId("in", Instant.EPOCH), new ShardId("shardId-0"));
    var call = new LambdaCall("f", "r", shard, List.of(), () -> Duration.ZERO, null);

    pools[0].call(call, new Unlimited());

    assertThat(closed).hasSize(1);
  }

  private record Unlimited() implements Attempt {
    @Override
    public int number() {
      return 1;
    }

    @Override
    public Instant deadline() {
      return Instant.MAX;
    }

    @Override
    public Duration remaining() {
      return Duration.ofHours(1);
    }

    @Override
    public long fencingToken() {
      return 1;
    }
  }

  @Test
  void lambda_drops_what_no_filter_can_read() {
    var rig =
        new Rig(
                1,
                lambda(
                    Rig.input().filteredBy("{\"data\": {\"n\": [1]}}"),
                    Reporting.class.getName(),
                    RetryPolicy.forever()))
            .start()
            .restore();

    var put = rig.putAll("a=not json", "a={\"n\":1}", "a={\"n\":2}");
    rig.drain();

    assertThat(BATCHES).containsExactly(List.of("2"));
    assertThat(rig.settled)
        .containsEntry(put.get(0), Outcome.FILTERED)
        .containsEntry(put.get(2), Outcome.FILTERED);
    assertThat(rig.letters).isEmpty();
  }

  @Test
  @SuppressWarnings("unchecked")
  void a_batch_is_put_together_of_what_the_filter_let_through() {
    var spec =
        FunctionSpec.named("f")
            .reading(Rig.input().filteredBy("{\"partitionKey\": [\"buy\"]}"))
            .batching(2, Duration.ofSeconds(10))
            .handledByLambda(Reporting.class.getName());
    var rig =
        new Rig(1, (FunctionSpec<String, String>) (FunctionSpec<?, ?>) spec).start().restore();

    rig.putAll("sell=1", "buy=2", "sell=3");
    rig.putAll("sell=4", "buy=5", "buy=6");
    rig.advance(100);
    assertThat(BATCHES).as("full").containsExactly(List.of("2", "5"));
    rig.drain();

    assertThat(BATCHES).containsExactly(List.of("2", "5"), List.of("6"));
  }

  private static Rig rig(Class<?> handler, RetryPolicy retry) {
    return rig(handler, "", retry);
  }

  private static Rig rig(Class<?> handler, String method, RetryPolicy retry) {
    return new Rig(1, lambda(Rig.input(), handler.getName() + method, retry)).start().restore();
  }

  @SuppressWarnings("unchecked")
  private static Rig rig(Class<?> handler, EventSourceMapping mapping, RetryPolicy retry) {
    var spec =
        FunctionSpec.named("f")
            .reading(Rig.input())
            .lambdaCompatible(mapping)
            .retrying(retry)
            .handledByLambda(handler.getName());
    return new Rig(1, (FunctionSpec<String, String>) (FunctionSpec<?, ?>) spec).start().restore();
  }

  /** The rig wants texts as outputs, and a handler has none. */
  @SuppressWarnings("unchecked")
  private static FunctionSpec<String, String> lambda(
      Input<String> input, String handler, RetryPolicy retry) {
    return (FunctionSpec<String, String>)
        (FunctionSpec<?, ?>)
            FunctionSpec.named("f")
                .reading(input)
                .batching(10, Duration.ZERO)
                .retrying(retry)
                .handledByLambda(handler);
  }
}
