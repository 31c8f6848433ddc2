package io.headrace.bench.cost;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What DynamoDB takes for requests on demand, in dollars. Kinesis takes nothing for a request that
 * reads: shards, what is put, and with fan-out consumers and bytes are paid for, whoever reads.
 *
 * @param asOf the day of the list
 * @param source where it was read
 */
record Prices(
    String region, String asOf, String source, double millionWriteUnits, double millionReadUnits) {
  /** A month of 730 hours, as the service reckons. */
  private static final double MONTH_SECONDS = Duration.ofHours(730).toSeconds();

  private static final double MILLION = 1e6;

  static final Prices DYNAMODB =
      new Prices(
          "US East (N. Virginia)",
          "2025-07-21",
          "airbyte.com/data-engineering-resources/dynamodb-pricing, which repeats the service's"
              + " list as it is since 2024-11-01; the service's own page was not read",
          0.625,
          0.125);

  /** Dollars a month for so many units in each second of it. */
  double month(double writeUnitsPerSecond, double readUnitsPerSecond) {
    return MONTH_SECONDS
        * (writeUnitsPerSecond * millionWriteUnits + readUnitsPerSecond * millionReadUnits)
        / MILLION;
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("service", "DynamoDB on demand, standard tables");
    json.put("region", region);
    json.put("asOf", asOf);
    json.put("source", source);
    json.put("dollarsAMillionWriteUnits", millionWriteUnits);
    json.put("dollarsAMillionReadUnits", millionReadUnits);
    return json;
  }
}
