package io.headrace.acceptance.fanout;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a stream, a server, a slow function and a fleet can do to fan-out, all at once. */
class FanOutCourseTest {
  @Test
  @Timeout(600)
  void a_minute_of_forced_ends_resharding_and_a_change_of_owner_loses_nothing() {
    try (var course = new FanOutCourse(CourseSize.A_MINUTE)) {
      course.run();
    }
  }

  @Test
  @Tag("acceptance")
  @Timeout(1_200)
  void ten_minutes_of_a_function_that_takes_30_s_a_batch_lose_nothing() {
    try (var course = new FanOutCourse(CourseSize.TEN_MINUTES)) {
      course.run();
    }
  }
}
