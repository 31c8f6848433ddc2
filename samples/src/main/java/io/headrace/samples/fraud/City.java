package io.headrace.samples.fraud;

import java.util.List;

/** Where cardholders live and travel. */
record City(String name, Place centre) {
  static final List<City> ALL =
      List.of(
          city("Amsterdam", 52.37, 4.90),
          city("Athens", 37.98, 23.73),
          city("Auckland", -36.85, 174.76),
          city("Berlin", 52.52, 13.40),
          city("Bogota", 4.71, -74.07),
          city("Cairo", 30.04, 31.24),
          city("Chicago", 41.88, -87.63),
          city("Dublin", 53.35, -6.26),
          city("Istanbul", 41.01, 28.98),
          city("Johannesburg", -26.20, 28.05),
          city("Lisbon", 38.72, -9.14),
          city("London", 51.51, -0.13),
          city("Madrid", 40.42, -3.70),
          city("Mexico City", 19.43, -99.13),
          city("Mumbai", 19.08, 72.88),
          city("New York", 40.71, -74.01),
          city("Oslo", 59.91, 10.75),
          city("Paris", 48.86, 2.35),
          city("Rome", 41.90, 12.50),
          city("San Francisco", 37.77, -122.42),
          city("Sao Paulo", -23.55, -46.63),
          city("Singapore", 1.35, 103.82),
          city("Tokyo", 35.68, 139.69),
          city("Vienna", 48.21, 16.37));

  private static City city(String name, double latitude, double longitude) {
    return new City(name, new Place(latitude, longitude));
  }

  /** Somewhere in town: mostly within ten kilometres of the centre. */
  Place spot(Chance chance) {
    return new Place(
        chance.around(centre.latitude(), 0.05), chance.around(centre.longitude(), 0.05));
  }
}
