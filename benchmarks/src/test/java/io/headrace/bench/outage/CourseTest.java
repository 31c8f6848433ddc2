package io.headrace.bench.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.outage.Course.Sample;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CourseTest {
  @Test
  void a_lag_that_falls_has_not_risen() {
    var course = new Course(List.of(new Sample(1, 900, 9), new Sample(2, 400, 4)), 100);

    assertThat(course.worstRise()).isZero();
    assertThat(course.worstAgeRise()).isZero();
  }

  @Test
  void a_rise_counts_from_the_smallest_before_and_not_from_the_last() {
    var course =
        new Course(
            List.of(
                new Sample(1, 900, 9),
                new Sample(2, 400, 4),
                new Sample(3, 470, 4.5),
                new Sample(4, 540, 6.5),
                new Sample(5, 0, 0)),
            100);

    assertThat(course.worstRise()).isEqualTo(140);
    assertThat(course.worstAgeRise()).isEqualTo(2.5);
    assertThat(course.toleranceRecords()).isEqualTo(100);
  }

  @Test
  void it_has_caught_up_when_what_is_behind_is_what_comes_in_a_second() {
    assertThat(Course.isCaughtUp(100, 100)).isTrue();
    assertThat(Course.isCaughtUp(101, 100)).isFalse();
    assertThat(Course.isCaughtUp(1, 0)).isTrue();
  }

  @Test
  void a_worker_that_does_not_name_what_is_down_is_seen_once_it_had_time_to() throws IOException {
    var watch = new Watch();
    watch.whileOff(look("[]", "[]"), 1);
    watch.whileOff(look("['price-service']", "['priced: price-service is unavailable']"), 4);
    assertThat(watch.looksWhileOff()).isEqualTo(1);
    assertThat(watch.unnamedInMetrics()).isZero();
    assertThat(watch.unnamedInHealth()).isZero();

    watch.whileOff(look("['price-service']", "[]"), 5);
    assertThat(watch.unnamedInHealth()).isEqualTo(1);
    watch.whileOff(look("[]", "['priced: price-service is unavailable']"), 6);
    watch.whileOff(look("['price-service','other']", "['price-service']"), 7);
    assertThat(watch.unnamedInMetrics()).isEqualTo(2);
    assertThat(watch.memoryShareAtMost()).isEqualTo(0.5);
  }

  @Test
  void a_plan_that_makes_no_sense_is_refused() {
    var second = Duration.ofSeconds(1);
    var enough = Duration.ofSeconds(20);
    assertThatThrownBy(() -> new OutagePlan(second, enough, 2, 0.5)).hasMessageContaining("--for");
    assertThatThrownBy(() -> new OutagePlan(enough, second, 2, 0.5))
        .hasMessageContaining("--before");
    assertThatThrownBy(() -> new OutagePlan(enough, enough, 0, 0.5))
        .hasMessageContaining("--workers");
    assertThatThrownBy(() -> new OutagePlan(enough, enough, 2, 1)).hasMessageContaining("--after");
  }

  private static Watch.Look look(String unavailable, String health) throws IOException {
    JsonNode worker =
        new ObjectMapper()
            .readTree(
                ("{'handled':5,'memoryUsed':4,'memoryMax':8,'unavailable':"
                        + unavailable
                        + ",'health':"
                        + health
                        + "}")
                    .replace('\'', '"'));
    return Watch.Look.of(7, 0, List.of(worker));
  }
}
