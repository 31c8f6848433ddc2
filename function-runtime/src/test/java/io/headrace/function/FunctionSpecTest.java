package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.json.Json;
import io.headrace.kcl.BatchLimits;
import io.headrace.kcl.Start;
import io.headrace.kcl.StreamSource;
import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FunctionSpecTest {
  private static final RecordFunction<String, String> NOTHING = (event, out) -> {};

  @Test
  void a_wrong_option_is_refused_with_function_option_and_value() {
    var reading = FunctionSpec.named("shop").reading(Rig.input());
    assertThatThrownBy(() -> FunctionSpec.named("a b")).hasMessageContaining("\"a b\"");
    assertThatThrownBy(() -> FunctionSpec.named("f").reading())
        .hasMessage("function f, reading nothing: give at least one input");
    assertThatThrownBy(() -> reading.inFlight(0))
        .hasMessage("function shop, inFlight 0: must be between 1 and 10000");
    assertThatThrownBy(() -> reading.batching(0, Duration.ZERO))
        .hasMessageContaining("function shop, batching")
        .hasMessageContaining("0");
    assertThatThrownBy(() -> reading.timingOutAfter(Duration.ZERO))
        .hasMessageContaining("function shop, timingOutAfter PT0S");
    assertThatThrownBy(() -> RetryPolicy.upTo(-1)).hasMessageContaining("retries -1");
    assertThatThrownBy(
            () -> RetryPolicy.forever().backingOff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .hasMessageContaining("PT2S");
    assertThatThrownBy(() -> RetryPolicy.forever().terminalOn(Throwable.class))
        .hasMessageContaining("java.lang.Throwable");
    assertThatThrownBy(() -> Windows.hopping(Duration.ofSeconds(1), Duration.ofSeconds(2)))
        .hasMessageContaining("PT1S");
    assertThatThrownBy(() -> Windows.tumbling(Duration.ofNanos(1_500_000)))
        .hasMessageContaining("whole milliseconds");
  }

  @Test
  void what_is_said_of_batches_is_for_batch_functions() {
    var reading = FunctionSpec.named("shop").reading(Rig.input());
    assertThatThrownBy(() -> reading.parallelizationFactor(0))
        .hasMessage("function shop, parallelizationFactor 0: must be between 1 and 100");
    assertThatThrownBy(() -> reading.maxPayloadBytes(0))
        .hasMessageContaining("function shop, maxPayloadBytes 0: must be between 1 and");
    reading.parallelizationFactor(2);
    assertThatThrownBy(() -> reading.handledBy(() -> NOTHING, Destination.nowhere()))
        .hasMessageContaining(
            "function shop, parallelizationFactor 2: is for batches; say inFlight");
    reading.lambdaCompatible();
    assertThatThrownBy(() -> reading.handledBy(() -> NOTHING, Destination.nowhere()))
        .hasMessageContaining("function shop, lambdaCompatible for single records")
        .hasMessageContaining("use handledInBatchesBy");
    assertThatThrownBy(() -> reading.parallelizationFactor(11))
        .hasMessageContaining("must be between 1 and 10");
    assertThatThrownBy(() -> reading.maxPayloadBytes(7 << 20))
        .hasMessageContaining("must be between 1 and 6291456");
  }

  @Test
  void lambdas_rules_bound_retries_and_age_and_keep_the_rest_of_the_policy() {
    var sink = DeadLetters.toStream("letters");
    BatchFunction<String, String> batches = batch -> {};
    var settings =
        FunctionSpec.named("shop")
            .reading(Rig.input())
            .retrying(RetryPolicy.upTo(7).thenSendTo(sink))
            .lambdaCompatible(
                EventSourceMapping.defaults().batchSize(20).maximumRecordAgeInSeconds(90))
            .handledInBatchesBy(() -> batches, Destination.<String>nowhere())
            .settings();
    assertThat(settings.batch().recordsMax()).isEqualTo(20);
    assertThat(settings.retry().retries()).isEqualTo(Integer.MAX_VALUE);
    assertThat(settings.retry().patience().recordAge()).isEqualTo(Duration.ofSeconds(90));
    assertThat(settings.retry().sink()).contains(sink);
    assertThat(settings.delivery().payload().bytesMax()).isEqualTo(6 << 20);
  }

  @Test
  void options_of_a_settings_file_change_what_they_name_and_nothing_else() {
    BatchFunction<String, String> batches = batch -> {};
    var spec =
        FunctionSpec.named("shop")
            .reading(Rig.input())
            .batching(20, Duration.ofSeconds(3))
            .inFlight(99)
            .retrying(RetryPolicy.upTo(7).within(Duration.ofHours(1)))
            .handledInBatchesBy(() -> batches, Destination.<String>nowhere());
    assertThat(spec.with(FunctionOptions.NONE).settings().batch())
        .isEqualTo(spec.settings().batch());
    var changed =
        spec.with(
            new FunctionOptions(
                Optional.of(Start.LATEST),
                Optional.empty(),
                new FunctionOptions.Batching(
                    Optional.of(30), Optional.empty(), Optional.of(4), Optional.of(5_000L)),
                new FunctionOptions.Retrying(
                    Optional.of(EventSourceMapping.UNLIMITED),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(new FunctionOptions.PauseAbove(0.5, 10)),
                    Optional.empty(),
                    FunctionOptions.Outages.NONE),
                Optional.of(Duration.ofSeconds(9)),
                Optional.empty(),
                FunctionOptions.Threads.NONE,
                Optional.empty()));
    var settings = changed.settings();
    assertThat(settings.batch()).isEqualTo(new BatchLimits(30, Duration.ofSeconds(3)));
    assertThat(settings.delivery().concurrentBatches()).isEqualTo(4);
    assertThat(settings.delivery().payload().bytesMax()).isEqualTo(5_000);
    assertThat(settings.inFlight()).isEqualTo(99);
    assertThat(settings.limit()).contains(Duration.ofSeconds(9));
    assertThat(settings.retry().retries()).isEqualTo(Integer.MAX_VALUE);
    assertThat(settings.retry().patience())
        .isEqualTo(new Patience(Duration.ofHours(1), List.of(), 5, 10, KeyParking.DEFAULT));
    assertThat(changed.inputs()).singleElement().extracting(Input::start).isEqualTo(Start.LATEST);
    assertThat(spec.inputs()).singleElement().extracting(Input::start).isEqualTo(Start.HORIZON);
  }

  @Test
  void exceptions_that_a_settings_file_names_mean_that_a_dependency_is_down() {
    var spec =
        FunctionSpec.named("shop")
            .reading(Rig.input())
            .handledBy(() -> (event, out) -> {}, Destination.<String>nowhere());
    var loader = getClass().getClassLoader();

    var changed =
        spec.with(unavailableOn("java.net.ConnectException").lookedUpIn(loader)).settings();
    assertThat(changed.retry().patience().outage(new ConnectException("no"))).isNotNull();
    assertThat(changed.retry().patience().outage(new IllegalStateException())).isNull();

    assertThatThrownBy(() -> unavailableOn("ConnectException").lookedUpIn(loader))
        .hasMessageContaining("unavailableOn ConnectException: there is no such class");
    assertThatThrownBy(() -> unavailableOn("java.lang.String").lookedUpIn(loader))
        .hasMessageContaining("unavailableOn java.lang.String: is no exception");
    assertThatThrownBy(() -> spec.with(unavailableOn("java.lang.Throwable").lookedUpIn(loader)))
        .hasMessageContaining("would take in errors of the virtual machine");
    assertThatThrownBy(() -> spec.with(unavailableOn("java.net.ConnectException")))
        .hasMessageContaining("was not looked up");
  }

  private static FunctionOptions unavailableOn(String name) {
    var none = FunctionOptions.Retrying.NONE;
    return new FunctionOptions(
        Optional.empty(),
        Optional.empty(),
        FunctionOptions.Batching.NONE,
        new FunctionOptions.Retrying(
            none.retries(),
            none.within(),
            none.backOff(),
            none.pauseAbove(),
            none.parking(),
            FunctionOptions.Outages.named(List.of(name))),
        Optional.empty(),
        Optional.empty(),
        FunctionOptions.Threads.NONE,
        Optional.empty());
  }

  @Test
  void an_option_of_a_settings_file_that_does_not_fit_the_function_is_refused() {
    var spec =
        FunctionSpec.named("shop")
            .reading(Rig.input())
            .handledBy(() -> NOTHING, Destination.nowhere());
    var lambda =
        new FunctionOptions(
            Optional.empty(),
            Optional.of(EventSourceMapping.defaults()),
            FunctionOptions.Batching.NONE,
            FunctionOptions.Retrying.NONE,
            Optional.empty(),
            Optional.empty(),
            FunctionOptions.Threads.NONE,
            Optional.empty());
    assertThatThrownBy(() -> spec.with(lambda))
        .hasMessageContaining("function shop, lambdaCompatible");
  }

  @Test
  void a_former_name_is_another_one_and_belongs_to_one_function() {
    var reading = FunctionSpec.named("shop").reading(Rig.input());
    assertThatThrownBy(() -> reading.migratesFrom("shop"))
        .hasMessageContaining("function shop, migratesFrom shop: must be another name");
    assertThatThrownBy(() -> reading.migratesFrom("a b")).hasMessageContaining("a b");
    var shop =
        reading.migratesFrom("old").handledBy(() -> (event, out) -> {}, Destination.nowhere());
    var old =
        FunctionSpec.named("old")
            .reading(Rig.input())
            .handledBy(() -> (event, out) -> {}, Destination.nowhere());
    var again =
        FunctionSpec.named("again")
            .reading(Rig.input())
            .migratesFrom("old")
            .handledBy(() -> (event, out) -> {}, Destination.nowhere());

    for (var other : List.of(old, again)) {
      assertThatThrownBy(() -> FunctionRuntime.named("app").run(shop).run(other))
          .hasMessageContaining("old")
          .hasMessageContaining("can go to one of them only");
      assertThatThrownBy(() -> FunctionRuntime.named("app").run(other).run(shop))
          .hasMessageContaining("can go to one of them only");
    }
  }

  @Test
  void a_stateful_function_of_two_streams_is_refused_since_its_state_would_be_partial() {
    assertThatThrownBy(
            () ->
                FunctionSpec.named("shop")
                    .reading(Rig.input(), Input.of(StreamSource.kinesis("other"), new Texts()))
                    .keyedBy(Keys.partitionKey(), new Texts())
                    .handledBy(KeyedHandlerTest.Appending::new, Destination.nowhere()))
        .hasMessageContaining("function shop")
        .hasMessageContaining("2 inputs")
        .hasMessageContaining("partial");
  }

  private static FunctionSpec.Keyed<String, String> keyedAcross(String through) {
    return FunctionSpec.named("shop")
        .<String>reading(Rig.input(), Input.of(StreamSource.kinesis("more"), new Texts()))
        .keyedBy(Keys.across(text -> text, through), new Texts());
  }

  private static final KeyedFunction<String, String, String> KEEPING =
      new KeyedFunction<>() {
        @Override
        public String initial(String key) {
          return "";
        }

        @Override
        public Next<String> handle(String state, Event<String> event, Output<String> out) {
          return Next.same();
        }
      };

  @Test
  void keyed_across_shards_it_reads_several_streams_and_the_one_between_under_names_of_its_own() {
    var spec = keyedAcross("by-key").handledBy(() -> KEEPING, Destination.<String>nowhere());

    assertThat(spec.legs())
        .extracting(Leg::handler)
        .containsExactly("shop@in", "shop@more", "shop@by-key");
    assertThat(spec.throughStream()).map(StreamSource::name).contains("by-key");
    assertThat(spec.streamsWritten()).containsExactly("by-key");
    assertThat(FunctionSpec.functionOf("shop@by-key")).isEqualTo("shop");
  }

  @Test
  void the_stream_between_must_be_the_functions_alone() {
    assertThatThrownBy(() -> Keys.<String>across(text -> text, "no/stream"))
        .hasMessageContaining("through-stream \"no/stream\": a stream's name has 1 to 128");
    assertThatThrownBy(
            () -> keyedAcross("more").handledBy(() -> KEEPING, Destination.<String>nowhere()))
        .hasMessageContaining("function shop, Keys.across more: the stream is an input");
    assertThatThrownBy(
            () ->
                keyedAcross("out")
                    .handledBy(() -> KEEPING, Destination.stream("out", new Texts(), text -> text)))
        .hasMessageContaining("function shop, Keys.across out: the function writes outputs");
    var other =
        FunctionSpec.named("other")
            .reading(Rig.input())
            .handledBy(
                () -> (Event<String> event, Output<String> out) -> {},
                Destination.stream("by-key", new Texts(), text -> text));
    var runtime =
        FunctionRuntime.named("app")
            .run(keyedAcross("by-key").handledBy(() -> KEEPING, Destination.<String>nowhere()));
    assertThatThrownBy(() -> runtime.run(other))
        .hasMessageContaining("keyed across stream by-key, to which function other writes");
  }

  @Test
  void a_function_without_state_may_read_several_streams_each_with_progress_of_its_own() {
    var spec =
        FunctionSpec.named("shop")
            .reading(Rig.input(), Input.of(StreamSource.kinesis("other"), new Texts()))
            .handledBy(() -> NOTHING, Destination.nowhere());
    assertThat(spec.inputs())
        .extracting(input -> spec.handlerName(input.source().name()))
        .containsExactly("shop@in", "shop@other");
  }

  @Test
  void a_stream_named_twice_and_a_side_given_twice_are_refused() {
    assertThatThrownBy(() -> FunctionSpec.named("shop").reading(Rig.input(), Rig.input()))
        .hasMessageContaining("reading in");
    var side = Side.named("s", String.class);
    assertThatThrownBy(
            () ->
                Rig.reading()
                    .sendingSide(side, Destination.nowhere())
                    .sendingSide(side, Destination.nowhere()))
        .hasMessageContaining("sendingSide s");
  }

  @Test
  void days_have_23_to_25_hours_where_clocks_change() {
    var days = Windows.daily(ZoneId.of("Europe/Berlin"));
    var spring = days.of(Instant.parse("2026-03-29T12:00:00Z")).get(0);
    var autumn = days.of(Instant.parse("2026-10-25T12:00:00Z")).get(0);
    assertThat(Duration.between(spring.start(), spring.end())).isEqualTo(Duration.ofHours(23));
    assertThat(Duration.between(autumn.start(), autumn.end())).isEqualTo(Duration.ofHours(25));
    assertThat(days.of(spring.end()).get(0).start()).isEqualTo(spring.end());
  }

  @Test
  void windows_before_the_epoch_are_aligned_too() {
    var span = Windows.tumbling(Duration.ofSeconds(10)).of(Instant.ofEpochSecond(-1)).get(0);
    assertThat(span)
        .isEqualTo(new Windows.Span(Instant.ofEpochSecond(-10), Instant.ofEpochSecond(0)));
    assertThat(
            Windows.hopping(Duration.ofSeconds(10), Duration.ofSeconds(5))
                .of(Instant.ofEpochSecond(5)))
        .extracting(Windows.Span::start)
        .containsExactly(Instant.ofEpochSecond(0), Instant.ofEpochSecond(5));
  }

  @Test
  void waits_grow_to_the_longest_and_lose_at_most_half_to_jitter() {
    var policy = RetryPolicy.forever();
    var random = new SplittableRandom(1);
    for (int attempts = 1; attempts < 100; attempts++) {
      long full = (long) Math.min(60_000, 100 * Math.pow(2, attempts - 1));
      for (int i = 0; i < 50; i++) {
        assertThat(policy.waitAfter(attempts, random).toMillis()).isBetween(full / 2 - 1, full);
      }
    }
  }

  @Test
  void a_letter_is_one_line_of_json_whatever_it_quotes() {
    var letter =
        new DeadLetter(
            "f",
            "in/s/1:0",
            "a\"\\\n\u0001\uD83D",
            Instant.EPOCH,
            Instant.EPOCH,
            2,
            "Code",
            "java.lang.X",
            "tab\tand ünïcode \uD83D\uDE00",
            "AQID");
    var json = letter.toJson();
    assertThat(json.lines()).hasSize(1);
    assertThat(json).doesNotContain("leftOut");
    var read = Json.of(DeadLetter.class).decode(json.getBytes(UTF_8), 1);
    assertThat(read.message()).isEqualTo(letter.message());
    assertThat(read.attempts()).isEqualTo(2);
    assertThat(read.payloadBytes()).containsExactly(1, 2, 3);
    assertThat(List.of(read.id(), read.code())).containsExactly("in/s/1:0", "Code");

    var without = Json.of(DeadLetter.class).decode(letter.json(json.length() - 1), 1);
    assertThat(without.payload()).isEmpty();
    assertThat(without.leftOut()).contains("headrace redrive");
  }
}
