package io.headrace.samples.fraud;

/**
 * A point on the earth.
 *
 * @param latitude in degrees, north positive
 * @param longitude in degrees, east positive
 */
record Place(double latitude, double longitude) {
  private static final double EARTH_RADIUS_KM = 6371;

  Place {
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
      throw new IllegalArgumentException(
          "place " + latitude + ", " + longitude + ": must be within 90 and 180 degrees");
    }
  }

  /** Along the surface, by the haversine formula, for a ball. */
  double kmTo(Place other) {
    double byLatitude = square(Math.toRadians(other.latitude - latitude) / 2);
    double byLongitude = square(Math.toRadians(other.longitude - longitude) / 2);
    double chord =
        byLatitude
            + Math.cos(Math.toRadians(latitude))
                * Math.cos(Math.toRadians(other.latitude))
                * byLongitude;
    return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
  }

  private static double square(double halfAngle) {
    return Math.sin(halfAngle) * Math.sin(halfAngle);
  }
}
