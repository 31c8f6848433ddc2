package io.headrace.samples.fraud;

import io.headrace.function.Destination;
import io.headrace.harness.FunctionVerifier;
import io.headrace.kcl.StreamSource;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FraudVerifiedTest {
  private static Payment payment(String card, long number) {
    var at = Instant.parse("2026-03-01T00:00:00Z").plusSeconds(number);
    return new Payment(number, card, at, "shop", false, new Place(0, 0), 20_00);
  }

  @Test
  void a_burst_is_found_however_the_worker_is_disturbed() {
    FunctionVerifier.of(FraudFunction.spec(StreamSource.kinesis("payments"), Destination.nowhere()))
        .put("card-1", payment("card-1", 1), payment("card-1", 2), payment("card-1", 3))
        .put("card-2", payment("card-2", 1))
        .put("card-1", payment("card-1", 4), payment("card-1", 5))
        .verify();
  }
}
