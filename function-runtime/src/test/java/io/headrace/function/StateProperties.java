package io.headrace.function;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random commits, crashes, durations and failures: state is what a fold over the input says. */
class StateProperties {
  private static final RetryPolicy QUICK =
      RetryPolicy.forever().backingOff(Duration.ofMillis(1), Duration.ofMillis(50));

  private record Appending(SplittableRandom random, int failurePercent)
      implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String state, Event<String> event, Output<String> out) {
      out.send(state + event.value() + ";");
      if (random.nextInt(100) < failurePercent) {
        throw new IllegalStateException("by chance");
      }
      return Next.state(state + event.value() + ";");
    }
  }

  private static final class Joining implements WindowFunction<String, String, String> {
    private final SplittableRandom random;
    private final int failurePercent;

    Joining(SplittableRandom random, int failurePercent) {
      this.random = random;
      this.failurePercent = failurePercent;
    }

    @Override
    public String empty() {
      return "";
    }

    @Override
    public String add(String sum, Event<String> event) {
      perhapsFail();
      return sum + event.value() + ";";
    }

    @Override
    public String merge(String left, String right) {
      return left + right; // Of sessions: keys of shards are disjoint.
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      if (window.firing() == Window.Firing.EARLY) {
        out.send("EARLY " + window.revision());
        return;
      }
      out.send(window.revision() + ":" + window.key() + "@" + window.start() + "=" + sum);
      perhapsFail();
    }

    private void perhapsFail() {
      if (random.nextInt(100) < failurePercent) {
        throw new IllegalStateException("by chance");
      }
    }
  }

  @Property(tries = 150)
  void keyed_state_is_the_fold_of_the_records_whatever_crashes(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    int failurePercent = random.nextInt(50);
    var rig =
        new Rig(
                seed,
                Rig.reading()
                    .retrying(QUICK)
                    .keyedBy(Keys.partitionKey(), new Texts())
                    .handledBy(() -> new Appending(random, failurePercent), Destination.nowhere()))
            .withSlowPool(5)
            .start()
            .restore();
    Map<String, String> states = new HashMap<>();
    Map<String, String> expected = new HashMap<>();
    int count = random.nextInt(100);
    for (int i = 0; i < count; i++) {
      var key = "k" + random.nextInt(5);
      var position = rig.put(key, key + "-" + i);
      var state = states.merge(key, key + "-" + i + ";", String::concat);
      expected.put(Decoder.id(rig.shardKey(), position) + "#0", state);
      disturb(rig, random);
    }
    rig.drain();
    assertThat(rig.outputs).as("seed %s", seed).isEqualTo(expected);
  }

  @Property(tries = 200)
  void windows_are_the_fold_of_the_records_that_were_not_late_whatever_crashes(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    int failurePercent = random.nextInt(50);
    var windows =
        random.nextBoolean()
            ? Windows.tumbling(Duration.ofSeconds(10))
            : Windows.hopping(Duration.ofSeconds(10), Duration.ofSeconds(4));
    var timed =
        windows
            .waiting(Duration.ofSeconds(random.nextInt(8)))
            .allowing(Duration.ofSeconds(random.nextInt(12)));
    var late = Side.named("late", String.class);
    var rig =
        new Rig(
                seed,
                FunctionSpec.named("f")
                    .reading(
                        Rig.input()
                            .timedBy(value -> Instant.ofEpochSecond(time(value)))
                            .endedBy("END"::equals))
                    .retrying(QUICK)
                    .sendingSide(late, Destination.nowhere())
                    .windowedBy(Keys.partitionKey(), timed.lateTo(late), new Texts())
                    .handledBy(() -> new Joining(random, failurePercent), Destination.nowhere()))
            .withSlowPool(5)
            .start()
            .restore();
    var oracle = new Oracle(timed);
    int count = random.nextInt(80);
    int now = 0;
    for (int i = 0; i < count; i++) {
      now += random.nextInt(4);
      var key = "k" + random.nextInt(4);
      var value = i + "@" + Math.max(0, now - random.nextInt(25));
      rig.put(key, value);
      oracle.add(key, value);
      disturb(rig, random);
    }
    rig.put("any", "END");
    rig.drain();
    assertThat(rig.outputs.values())
        .as("seed %s", seed)
        .containsExactlyInAnyOrderElementsOf(oracle.closed());
    assertThat(rig.sides).as("seed %s", seed).containsAll(oracle.late);
    assertThat(oracle.late)
        .as("seed %s", seed)
        .containsAll(rig.sides.stream().map(String::valueOf).toList());
  }

  @Property(tries = 200)
  void sessions_are_the_fold_of_the_records_that_were_not_late_whatever_crashes(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    int failurePercent = random.nextInt(50);
    var windows =
        Windows.session(Duration.ofSeconds(1 + random.nextInt(12)))
            .waiting(Duration.ofSeconds(random.nextInt(8)))
            .allowing(Duration.ofSeconds(random.nextInt(12)));
    if (random.nextBoolean()) {
      windows = windows.earlyEvery(Duration.ofMillis(100 + random.nextInt(100)));
    }
    var late = Side.named("late", String.class);
    var timed = windows.lateTo(late);
    var rig =
        new Rig(
                seed,
                FunctionSpec.named("f")
                    .reading(
                        Rig.input()
                            .timedBy(value -> Instant.ofEpochSecond(time(value)))
                            .endedBy("END"::equals))
                    .retrying(QUICK)
                    .sendingSide(late, Destination.nowhere())
                    .windowedBy(Keys.partitionKey(), timed, new Texts())
                    .handledBy(() -> new Joining(random, failurePercent), Destination.nowhere()))
            .withSlowPool(5)
            .start()
            .restore();
    var oracle = new SessionOracle(timed);
    int count = random.nextInt(80);
    int now = 0;
    for (int i = 0; i < count; i++) {
      now += random.nextInt(4);
      var key = "k" + random.nextInt(4);
      var value = i + "@" + Math.max(0, now - random.nextInt(25));
      rig.put(key, value);
      oracle.add(key, value);
      disturb(rig, random);
    }
    rig.put("any", "END");
    rig.drain();
    var told =
        rig.outputs.values().stream().filter(each -> !((String) each).startsWith("EARLY")).toList();
    assertThat(told)
        .as("seed %s", seed)
        .map(String::valueOf)
        .containsExactlyInAnyOrderElementsOf(oracle.closed());
    assertThat(rig.sides.stream().map(String::valueOf).collect(toSet()))
        .as("seed %s", seed)
        .isEqualTo(Set.copyOf(oracle.late));
  }

  /** What sessions mean, without lanes, commits or crashes. */
  private static final class SessionOracle {
    private record Session(Windows.Span span, String sum, int told, boolean changed) {}

    private final Windows windows;
    private final Map<String, List<Session>> sessions = new HashMap<>();
    private final List<String> told = new ArrayList<>();
    private Instant watermark = Instant.MIN;
    final List<String> late = new ArrayList<>();

    SessionOracle(Windows windows) {
      this.windows = windows;
    }

    void add(String key, String value) {
      var at = Instant.ofEpochSecond(time(value));
      var span = windows.of(at).get(0);
      var all = sessions.computeIfAbsent(key, k -> new ArrayList<>());
      var alone = span;
      var joined = all.stream().filter(each -> each.span().overlaps(alone)).toList();
      if (joined.isEmpty() && windows.isClosed(span.end(), watermark)) {
        late.add(value);
        return;
      }
      var sum = new StringBuilder();
      int revision = 0;
      for (var each :
          joined.stream().sorted(Comparator.comparing(each -> each.span().start())).toList()) {
        span = span.with(each.span());
        sum.append(each.sum());
        revision = Math.max(revision, each.told());
      }
      all.removeAll(joined);
      all.add(new Session(span, sum + value + ";", revision, true));
      tellWhatIsDue();
      watermark = watermark.isBefore(at) ? at : watermark;
      tellWhatIsDue();
    }

    private void tellWhatIsDue() {
      sessions.forEach(
          (key, all) -> {
            all.replaceAll(each -> each.changed() ? perhapsTold(key, each) : each);
            all.removeIf(each -> windows.isClosed(each.span().end(), watermark));
          });
    }

    private Session perhapsTold(String key, Session session) {
      if (!windows.isDue(session.span().end(), watermark)) {
        return session;
      }
      told.add(session.told() + ":" + key + "@" + session.span().start() + "=" + session.sum());
      return new Session(session.span(), session.sum(), session.told() + 1, false);
    }

    List<String> closed() {
      watermark = Instant.MAX;
      tellWhatIsDue();
      return told;
    }
  }

  private static void disturb(Rig rig, SplittableRandom random) {
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> rig.advance(random.nextInt(30));
      case 3, 4 -> {
        rig.commit();
        rig.advance(random.nextInt(10));
      }
      case 5 -> rig.crash();
      default -> {}
    }
  }

  private static long time(String value) {
    return Long.parseLong(value.substring(value.indexOf('@') + 1));
  }

  /** What the records mean, without lanes, commits or crashes. */
  private static final class Oracle {
    private final Windows windows;
    private final Map<String, String> sums = new HashMap<>();
    private final Map<String, Instant> open = new HashMap<>();
    private final Map<String, Integer> revisions = new HashMap<>();
    private final List<String> told = new ArrayList<>();
    private Instant watermark = Instant.MIN;
    final List<String> late = new ArrayList<>();

    Oracle(Windows windows) {
      this.windows = windows;
    }

    void add(String key, String value) {
      var at = Instant.ofEpochSecond(time(value));
      var takes =
          windows.of(at).stream().filter(span -> !windows.isClosed(span.end(), watermark)).toList();
      if (takes.isEmpty()) {
        late.add(value);
        return;
      }
      for (var span : takes) {
        var window = key + "@" + span.start() + "=";
        sums.merge(window, value + ";", String::concat);
        if (windows.isDue(span.end(), watermark)) {
          tell(window);
        } else {
          open.put(window, span.end());
        }
      }
      watermark = watermark.isBefore(at) ? at : watermark;
      for (var each : List.copyOf(open.entrySet())) {
        if (windows.isDue(each.getValue(), watermark)) {
          open.remove(each.getKey());
          tell(each.getKey());
        }
      }
    }

    private void tell(String window) {
      told.add(revisions.merge(window, 1, Integer::sum) - 1 + ":" + window + sums.get(window));
    }

    List<String> closed() {
      open.keySet().forEach(this::tell);
      open.clear();
      return told;
    }
  }
}
