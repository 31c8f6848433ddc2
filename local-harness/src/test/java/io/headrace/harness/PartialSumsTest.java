package io.headrace.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionEvent;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Keys;
import io.headrace.function.Output;
import io.headrace.function.Side;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.function.json.Json;
import io.headrace.function.through.Envelope;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.assertj.core.api.InstanceOfAssertFactories;

/** Records that are summed up before they go through the stream by which a function is keyed. */
class PartialSumsTest {
  private static final int STEPS = 40;
  private static final int OPEN_SHARDS_MAX = 4;
  private static final Side<String> LATE = Side.named("late", String.class);

  /** What a window was told to hold: values are {@code key second partition-key number}. */
  record Told(String key, Instant start, List<String> values) {}

  private static String part(String value, int index) {
    return value.split(" ", 4)[index];
  }

  private static Instant timeOf(String value) {
    return Instant.ofEpochSecond(Long.parseLong(part(value, 1)));
  }

  /** Appends values, so that nothing that is left out, doubled or out of order goes unseen. */
  static class Appending implements WindowFunction<String, String, Told> {
    @Override
    public String empty() {
      return "";
    }

    @Override
    public String add(String sum, Event<String> event) {
      return merge(sum, event.value());
    }

    @Override
    public String merge(String left, String right) {
      return left.isEmpty() || right.isEmpty() ? left + right : left + "\n" + right;
    }

    @Override
    public void close(Window window, String sum, Output<Told> out) {
      out.send(new Told(window.key(), window.start(), List.of(sum.split("\n"))));
    }
  }

  /** A function, and what it told. */
  private static final class Sums {
    final Windows windows;
    Codec<String> codec = Json.of(String.class);
    WindowFunction<String, String, Told> function = new Appending();
    UnaryOperator<Input<String>> reading = input -> input;
    final Map<String, Told> told = new TreeMap<>();
    final Map<String, String> late = new TreeMap<>();

    Sums(Windows windows) {
      this.windows = windows;
    }

    FunctionSpec<String, Told> spec(boolean summing) {
      var windowed =
          FunctionSpec.named("f")
              .reading(
                  reading.apply(
                      Input.of(StreamSource.kinesis("in"), new Texts())
                          .timedBy(PartialSumsTest::timeOf)
                          .endedBy(ThroughFleet.END::equals)))
              .windowedBy(
                  Keys.across(value -> part(value, 0), ThroughFleet.THROUGH),
                  windows.lateTo(LATE),
                  codec)
              .sendingSide(LATE, Destination.stream("late", new Texts(), value -> value));
      return (summing ? windowed : windowed.withoutPartialSums())
          .handledBy(
              () -> function, Destination.stream("told", Json.of(Told.class), told -> told.key()));
    }

    void start(ThroughFleet fleet, boolean summing) {
      fleet.start(
          spec(summing),
          (id, output) -> {
            if (output instanceof Told window) {
              var before = told.put(id, window);
              assertThat(before == null || before.equals(window))
                  .as("%s is told as %s and %s", id, before, window)
                  .isTrue();
            } else {
              late.put(id, (String) output);
            }
          });
    }

    /** What each window was told last to hold, sorted. */
    Map<String, List<String>> byWindow() {
      var found = new TreeMap<String, List<String>>();
      for (var each : told.values()) {
        var values = each.values().stream().sorted().toList();
        found.merge(each.key() + " " + each.start(), values, (a, b) -> a.size() > b.size() ? a : b);
      }
      return found;
    }

    void requireOrder() {
      for (var each : told.values()) {
        var last = new TreeMap<String, Integer>();
        for (var value : each.values()) {
          int number = Integer.parseInt(part(value, 3));
          var before = last.put(part(value, 2), number);
          assertThat(before == null || before < number).as("%s in %s", value, each).isTrue();
        }
      }
    }
  }

  /** What a fold says that knows of no streams: windows, and whether a record is late. */
  private static final class Plain {
    final Duration size;
    final Duration every;
    final Duration open;
    final Map<String, List<String>> windows = new TreeMap<>();
    final List<String> late = new ArrayList<>();
    private Instant watermark = Instant.MIN;

    /**
     * @param open for how long after its end a window takes records
     */
    Plain(Duration size, Duration every, Duration open) {
      this.size = size;
      this.every = every;
      this.open = open;
    }

    void add(String value) {
      var time = timeOf(value);
      boolean isLate = true;
      long last = Math.floorDiv(time.getEpochSecond(), every.toSeconds()) * every.toSeconds();
      for (long at = last; at > time.getEpochSecond() - size.toSeconds(); at -= every.toSeconds()) {
        var start = Instant.ofEpochSecond(at);
        if (watermark.isBefore(start.plus(size).plus(open))) {
          isLate = false;
          var values =
              windows.computeIfAbsent(part(value, 0) + " " + start, any -> new ArrayList<>());
          values.add(value);
          values.sort(null);
        }
      }
      if (isLate) {
        late.add(value);
      }
      watermark = time.isAfter(watermark) ? time : watermark;
    }
  }

  private static Windows minutes() {
    return Windows.tumbling(Duration.ofMinutes(1));
  }

  @Property(tries = 12, shrinking = ShrinkingMode.OFF)
  void windows_are_those_of_a_plain_fold_whatever_happens_to_workers_streams_and_puts(
      @ForAll long seed) {
    var fleet = new ThroughFleet(seed, 2);
    var sums = new Sums(minutes().waiting(Duration.ofDays(9)));
    var random = new SplittableRandom(seed);
    var plain = new Plain(Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofDays(9));
    var course = new ArrayList<String>();
    sums.start(fleet, true);
    sums.start(fleet, true);
    fleet.advance(Duration.ofSeconds(20));
    fleet.faulty = true;
    for (int step = 0; step < STEPS; step++) {
      step(fleet, sums, random, plain, course);
    }
    fleet.faulty = false;
    fleet.advance(Duration.ofSeconds(60));
    fleet.end();
    fleet.advance(Duration.ofMinutes(5));

    assertThat(sums.byWindow()).as("seed %d: %s", seed, course).isEqualTo(plain.windows);
    assertThat(sums.late.values()).as("seed %d: %s", seed, course).isEmpty();
    // Of sums that a worker puts when others have sent their records one by one.
    assertThat(fleet.letters).as("seed %d: %s", seed, course).allMatch("OverlappingSum"::equals);
    fleet.close();
  }

  private static void step(
      ThroughFleet fleet, Sums sums, SplittableRandom random, Plain plain, List<String> course) {
    switch (random.nextInt(12)) {
      case 0, 1, 2, 3 -> {
        int records = 1 + random.nextInt(80);
        course.add("put " + records);
        for (int i = 0; i < records; i++) {
          var partitionKey = "p-" + random.nextInt(8);
          var value =
              "key-%d %d %s %d"
                  .formatted(
                      random.nextInt(4), random.nextInt(600), partitionKey, course.size() * 80 + i);
          plain.add(value);
          fleet.put(partitionKey, value);
        }
      }
      case 4, 5, 6, 7 -> {
        int millis = 1 + random.nextInt(3_000);
        course.add("wait " + millis);
        fleet.advance(Duration.ofMillis(millis));
      }
      case 8, 9 -> {
        boolean summing = random.nextInt(4) > 0;
        course.add("crash, then " + (summing ? "summing" : "one by one"));
        fleet.workers.remove(random.nextInt(2)).crash();
        sums.start(fleet, summing);
        fleet.advance(Duration.ofMillis(random.nextInt(20_000)));
      }
      case 10 -> {
        var stream = random.nextBoolean() ? fleet.input : fleet.through;
        course.add("split " + stream.name());
        if (stream.openShards().size() < OPEN_SHARDS_MAX) {
          var unused = stream.split(stream.openShards().get(0).id());
        }
      }
      default -> {
        var stream = random.nextBoolean() ? fleet.input : fleet.through;
        course.add("merge " + stream.name());
        var open = new ArrayList<>(stream.openShards());
        open.sort((a, b) -> a.range().first().compareTo(b.range().first()));
        if (open.size() > 1) {
          var unused = stream.merge(open.get(0).id(), open.get(1).id());
        }
      }
    }
  }

  /** Puts of one shard, in an order that a plain fold knows. */
  private static void run(ThroughFleet fleet, Sums sums, long seed, Plain plain) {
    var random = new SplittableRandom(seed);
    sums.start(fleet, true);
    fleet.advance(Duration.ofSeconds(20));
    for (int i = 0; i < 400; i++) {
      var partitionKey = "p-" + random.nextInt(5);
      int second = i + (random.nextInt(6) == 0 ? -random.nextInt(200) : random.nextInt(20));
      var value = "key-%d %d %s %d".formatted(random.nextInt(2), second, partitionKey, i);
      plain.add(value);
      fleet.put(partitionKey, value);
      if (random.nextInt(30) == 0) {
        fleet.advance(Duration.ofMillis(random.nextInt(3_000)));
      }
    }
    fleet.advance(Duration.ofSeconds(30));
    fleet.end();
    fleet.advance(Duration.ofSeconds(30));
    fleet.close();
  }

  @Property(tries = 6, shrinking = ShrinkingMode.OFF)
  void records_are_late_and_in_order_as_in_a_plain_fold_of_their_shard(@ForAll long seed) {
    var minute = Duration.ofMinutes(1);
    for (var lateness : List.of(Duration.ZERO, Duration.ofSeconds(40))) {
      for (var every : List.of(minute, Duration.ofSeconds(20))) {
        var sums =
            new Sums(
                Windows.hopping(minute, every).waiting(Duration.ofSeconds(10)).allowing(lateness));
        var plain = new Plain(minute, every, lateness.plusSeconds(10));
        var fleet = new ThroughFleet(seed, 1);

        run(fleet, sums, seed, plain);

        var as = "seed %d, every %s, allowing %s".formatted(seed, every, lateness);
        assertThat(sums.byWindow()).as(as).isEqualTo(plain.windows);
        assertThat(sums.late.values()).as(as).containsExactlyInAnyOrderElementsOf(plain.late);
        sums.requireOrder();
        assertThat(fleet.letters).as(as).isEmpty();
        assertThat(fleet.count(Envelope.Partial.class)).as(as).isPositive();
      }
    }
  }

  @Example
  void a_hot_key_costs_few_records_of_the_stream() {
    var carried = new ArrayList<Long>();
    for (boolean summing : List.of(true, false)) {
      var fleet = new ThroughFleet(1, 2);
      var sums = new Sums(Windows.daily(ZoneOffset.UTC));
      sums.start(fleet, summing);
      fleet.advance(Duration.ofSeconds(20));
      for (int i = 0; i < 2_000; i++) {
        fleet.put("p-" + i % 50, "hot %d p-%d %d".formatted(i % 60, i % 50, i));
        if (i % 100 == 99) {
          fleet.advance(Duration.ofMillis(100));
        }
      }
      fleet.end();
      fleet.advance(Duration.ofSeconds(10));
      assertThat(sums.told.values()).hasSize(1);
      assertThat(sums.byWindow().values().iterator().next()).hasSize(2_000);
      sums.requireOrder();
      carried.add(fleet.count(Envelope.Carried.class) + fleet.count(Envelope.Partial.class));
      fleet.close();
    }

    // Two seconds, two shards, one key.
    assertThat(carried.get(0)).isBetween(2L, 10L);
    assertThat(carried.get(1)).isEqualTo(2_000);
  }

  /** Who goes on from the last commit that stands may find other records to sum them up with. */
  @Example
  void nothing_leaves_before_a_commit_says_that_it_may_have() {
    var fleet = new ThroughFleet(1, 1);
    var sums = new Sums(minutes());
    sums.start(fleet, true);
    fleet.advance(Duration.ofSeconds(20));
    fleet.put("p", "k 1 p 1");
    fleet.put("p", "k 2 p 2");
    fleet.advance(Duration.ofSeconds(20));
    long before = fleet.carried().stream().filter(each -> !(each instanceof Envelope.Mark)).count();
    assertThat(before).isEqualTo(1);

    fleet.commitsHang = true;
    for (int i = 3; i < 9; i++) {
      fleet.put("p", "k %d p %d".formatted(i, i));
      fleet.put("q", "!");
      fleet.advance(Duration.ofSeconds(3));
    }
    assertThat(fleet.carried().stream().filter(each -> !(each instanceof Envelope.Mark)))
        .hasSize(1);
    assertThat(fleet.letters).isEmpty();

    fleet.workers.remove(0).crash();
    fleet.commitsHang = false;
    fleet.put("p", "k 9 p 9");
    sums.start(fleet, true);
    fleet.advance(Duration.ofSeconds(30));
    fleet.end();
    fleet.advance(Duration.ofSeconds(10));

    assertThat(sums.byWindow().values().iterator().next()).hasSize(9);
    assertThat(fleet.letters).hasSize(6).allMatch("Undecodable"::equals);
    fleet.close();
  }

  @Example
  void what_a_shard_sends_after_a_silence_may_be_late_and_goes_to_the_side() {
    var fleet = new ThroughFleet(1, 2);
    var sums = new Sums(minutes());
    sums.start(fleet, true);
    fleet.advance(Duration.ofSeconds(20));
    var silent = keyIn(fleet, 0);
    var busy = keyIn(fleet, 1);
    fleet.put(silent, "a 10 s 1");
    for (int i = 0; i < 100; i++) {
      fleet.put(busy, "b %d b %d".formatted(i * 10, i));
      fleet.advance(Duration.ofSeconds(1));
    }
    assertThat(sums.byWindow()).containsKey("a " + Instant.EPOCH);

    fleet.put(silent, "a 11 s 2");
    fleet.put(silent, "a 12 s 3");
    fleet.advance(Duration.ofSeconds(5));

    assertThat(sums.late.values()).containsExactlyInAnyOrder("a 11 s 2", "a 12 s 3");
    assertThat(fleet.letters).isEmpty();
    fleet.close();
  }

  /** A commit holds so many places that are done behind ones that are not, and no more. */
  @Example
  void records_that_are_filtered_out_between_those_of_sums_do_not_keep_these_from_leaving() {
    var fleet = new ThroughFleet(1, 1);
    var sums = new Sums(minutes());
    sums.reading = input -> input.filteredBy("{\"partitionKey\": [\"p\", \"q\"]}");
    sums.start(fleet, true);
    fleet.advance(Duration.ofSeconds(20));
    for (int i = 0; i < 3_000; i++) {
      fleet.put(i % 2 == 0 ? "p" : "left out", "k %d p %d".formatted(i % 60, i));
    }
    fleet.advance(Duration.ofSeconds(10));
    fleet.put("q", ThroughFleet.END);
    fleet.advance(Duration.ofSeconds(10));

    assertThat(sums.byWindow().values())
        .singleElement(InstanceOfAssertFactories.LIST)
        .hasSize(1_500);
    fleet.close();
  }

  /** Others are taken to be where the clock is, and are ahead of it here. */
  @Example
  void sums_that_no_window_takes_any_more_are_letters_where_there_is_a_side_for_their_records() {
    var fleet = new ThroughFleet(1, 2);
    var sums = new Sums(minutes());
    sums.start(fleet, true);
    fleet.advance(Duration.ofSeconds(20));
    var silent = keyIn(fleet, 0);
    var busy = keyIn(fleet, 1);
    long ahead = fleet.loop.now().getEpochSecond() + 1_000_000;
    fleet.put(silent, "a %d s 1".formatted(ahead));
    for (int i = 0; i < 100; i++) {
      fleet.put(busy, "b %d b %d".formatted(ahead + i * 10L, i));
      fleet.advance(Duration.ofSeconds(1));
    }

    fleet.put(silent, "a %d s 2".formatted(ahead));
    fleet.put(silent, "a %d s 3".formatted(ahead));
    fleet.advance(Duration.ofSeconds(5));

    assertThat(fleet.letters).containsExactly("LateSum");
    fleet.close();
  }

  private static String keyIn(ThroughFleet fleet, int shard) {
    var range = fleet.input.openShards().get(shard).range();
    int i = 0;
    while (!range.holds("k-" + i)) {
      i++;
    }
    return "k-" + i;
  }

  @Example
  void what_the_function_fails_on_goes_by_itself_and_is_tried_again_in_its_place() {
    var failed = new HashSet<String>();
    var fleet = new ThroughFleet(1, 1);
    var sums = new Sums(minutes());
    sums.function =
        new Appending() {
          @Override
          public String add(String sum, Event<String> event) {
            if (event.value().endsWith(" 7") && failed.add(event.value())) {
              throw new AssertionError("planted");
            }
            return super.add(sum, event);
          }
        };

    counts(fleet, sums, 40);

    assertThat(failed).hasSize(1);
    assertThat(fleet.count(Envelope.Partial.class)).as("a sum that the call had").isZero();
  }

  /** Sums are to be immutable; one that is not must not count what a call left half done. */
  @Example
  void a_sum_that_a_failing_call_may_have_changed_is_not_sent() {
    var told = new ArrayList<String>();
    var function =
        new WindowFunction<String, StringBuilder, String>() {
          private boolean failed;

          @Override
          public StringBuilder empty() {
            return new StringBuilder();
          }

          @Override
          public StringBuilder add(StringBuilder sum, Event<String> event) {
            sum.append(part(event.value(), 3)).append(' ');
            if (part(event.value(), 3).equals("2") && !failed) {
              failed = true;
              throw new IllegalStateException("planted");
            }
            return sum;
          }

          /** What it is given is changed, too. */
          @Override
          public StringBuilder merge(StringBuilder left, StringBuilder right) {
            return right.insert(0, left);
          }

          @Override
          public void close(Window window, StringBuilder sum, Output<String> out) {
            out.send(window.start().getEpochSecond() + ": " + sum);
          }
        };
    var spec =
        FunctionSpec.named("f")
            .reading(
                Input.of(StreamSource.kinesis("in"), new Texts())
                    .timedBy(PartialSumsTest::timeOf)
                    .endedBy(ThroughFleet.END::equals))
            .windowedBy(
                Keys.across(value -> part(value, 0), ThroughFleet.THROUGH),
                Windows.hopping(Duration.ofMinutes(1), Duration.ofSeconds(20)),
                new Builders())
            .handledBy(() -> function, Destination.stream("told", new Texts(), text -> text));
    var fleet = new ThroughFleet(1, 1);
    fleet.start(spec, (id, output) -> told.add((String) output));
    fleet.advance(Duration.ofSeconds(20));
    int number = 0;
    for (int second : new int[] {61, 62, 63, 64, 81, 82, 101, 102}) {
      fleet.put("p", "k %d p %d".formatted(second, number++));
    }
    fleet.advance(Duration.ofSeconds(5));
    fleet.end();
    fleet.advance(Duration.ofSeconds(10));

    assertThat(told)
        .containsExactly(
            "20: 0 1 2 3 ",
            "40: 0 1 2 3 4 5 ",
            "60: 0 1 2 3 4 5 6 7 ",
            "80: 4 5 6 7 ",
            "100: 6 7 ");
    assertThat(fleet.letters).isEmpty();
    fleet.close();
  }

  private static final class Builders implements Codec<StringBuilder> {
    @Override
    public StringBuilder decode(byte[] bytes, int version) {
      return new StringBuilder(new String(bytes, UTF_8));
    }

    @Override
    public byte[] encode(StringBuilder value) {
      return value.toString().getBytes(UTF_8);
    }
  }

  @Example
  void sums_that_take_more_than_their_records_stay_behind() {
    var fleet = new ThroughFleet(1, 1);
    var sums = new Sums(minutes());
    sums.codec =
        new Codec<>() {
          @Override
          public String decode(byte[] bytes, int version) {
            return new String(bytes, UTF_8).trim();
          }

          @Override
          public byte[] encode(String value) {
            return (value + " ".repeat(2_000_000)).getBytes(UTF_8);
          }
        };

    counts(fleet, sums, 12);

    assertThat(fleet.count(Envelope.Carried.class)).isEqualTo(12);
    assertThat(fleet.count(Envelope.Partial.class)).isZero();
  }

  @Example
  void a_function_whose_merge_joins_nothing_has_no_partial_sums() {
    var fleet = new ThroughFleet(1, 1);
    var sums = new Sums(minutes());
    sums.function =
        new Appending() {
          @Override
          public String add(String sum, Event<String> event) {
            return sum.isEmpty() ? event.value() : sum + "\n" + event.value();
          }

          @Override
          public String merge(String left, String right) {
            throw new UnsupportedOperationException("windows of one shard");
          }
        };

    counts(fleet, sums, 40);

    assertThat(fleet.count(Envelope.Carried.class)).isEqualTo(40);
  }

  private static void counts(ThroughFleet fleet, Sums sums, int records) {
    sums.start(fleet, true);
    fleet.advance(Duration.ofSeconds(20));
    Set<String> put = new HashSet<>();
    for (int i = 0; i < records; i++) {
      var value = "k %d p-%d %d".formatted(i, i % 3, i);
      put.add(value);
      fleet.put("p-" + i % 3, value);
    }
    fleet.advance(Duration.ofSeconds(5));
    fleet.end();
    fleet.advance(Duration.ofSeconds(10));
    assertThat(sums.told).hasSize(1);
    assertThat(sums.byWindow().values().iterator().next()).containsExactlyInAnyOrderElementsOf(put);
    sums.requireOrder();
    assertThat(fleet.letters).isEmpty();
    assertThat(fleet.events).noneMatch(FunctionEvent.LateDropped.class::isInstance);
    fleet.close();
  }
}
