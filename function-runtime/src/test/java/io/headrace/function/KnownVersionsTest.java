package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KnownVersionsTest {
  private static final Duration SETTLING = Duration.ofSeconds(10);

  private static Instant second(long second) {
    return Instant.EPOCH.plusSeconds(second);
  }

  private static KnownVersions.Place<String> version(long from, long arrived, int number) {
    var shard = new ShardId("s" + number % 2);
    var id = new EventId("rules", shard.value(), Integer.toString(number), 0);
    return new KnownVersions.Place<>(
        new Version<>("v" + number, id, second(arrived), second(from)), shard, Position.of(number));
  }

  private static KnownVersions<String> known(List<KnownVersions.Place<String>> places) {
    var known = KnownVersions.<String>none();
    for (var place : places) {
      known = known.with(place, 1).with(place, 1);
    }
    return known;
  }

  private static Optional<String> naively(
      List<KnownVersions.Place<String>> places, long time, long arrived) {
    return places.stream()
        .filter(place -> !place.version().from().isAfter(second(time)))
        .filter(place -> !place.version().arrivedAt().plus(SETTLING).isAfter(second(arrived)))
        .max(
            Comparator.<KnownVersions.Place<String>, Instant>comparing(
                    place -> place.version().from())
                .thenComparing(place -> place.version().arrivedAt())
                .thenComparing(KnownVersions.Place::shard)
                .thenComparing(KnownVersions.Place::position))
        .map(place -> place.version().value());
  }

  @Test
  void whatever_is_read_in_whatever_order_the_same_version_is_in_force() {
    for (int seed = 1; seed <= 200; seed++) {
      var random = new Random(seed);
      var places = new ArrayList<KnownVersions.Place<String>>();
      for (int i = 1; i <= 1 + random.nextInt(12); i++) {
        places.add(version(random.nextInt(30), random.nextInt(60), i));
      }
      var known = known(places);
      var shuffled = new ArrayList<>(places);
      Collections.shuffle(shuffled, random);
      assertThat(known(shuffled)).as("seed " + seed).isEqualTo(known);
      assertThat(known.bytes()).isEqualTo(places.size());
      for (int i = 0; i < 20; i++) {
        long time = random.nextInt(40);
        long arrived = random.nextInt(80);
        assertThat(known.inForce(second(time), second(arrived), SETTLING).map(Version::value))
            .as("seed " + seed + ", time " + time + ", arrived " + arrived)
            .isEqualTo(naively(places, time, arrived));
      }
    }
  }

  @Test
  void a_version_that_comes_later_changes_nothing_for_records_that_have_arrived() {
    var before = known(List.of(version(0, 0, 1), version(50, 5, 2)));
    var after = before.with(version(20, 100, 3), 1);

    assertThat(after.inForce(second(30), second(109), SETTLING).orElseThrow().value())
        .isEqualTo("v1");
    assertThat(after.inForce(second(30), second(110), SETTLING).orElseThrow().value())
        .isEqualTo("v3");
    assertThat(after.inForce(second(60), second(110), SETTLING).orElseThrow().value())
        .isEqualTo("v2");
    assertThat(after.inForce(second(30), second(9), SETTLING)).isEmpty();
  }
}
