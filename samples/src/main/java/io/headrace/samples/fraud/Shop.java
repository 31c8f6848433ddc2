package io.headrace.samples.fraud;

import java.util.Arrays;
import java.util.List;

/** Kinds of merchants, and what is usually paid there. */
enum Shop {
  PARKING("Parking", 1.80, 0.5, true),
  COFFEE("Coffee", 4.60, 0.35, true),
  GROCER("Grocer", 34, 0.6, true),
  FUEL("Fuel", 48, 0.3, true),
  RESTAURANT("Restaurant", 36, 0.5, true),
  PHARMACY("Pharmacy", 17, 0.6, true),
  CLOTHES("Clothes", 65, 0.6, true),
  ELECTRONICS("Electronics", 420, 0.7, true),
  STREAMING("Streaming", 9.99, 0.05, false),
  WEB_SHOP("Web shop", 42, 0.7, false),
  TICKETS("Tickets", 70, 0.6, false),
  TRAVEL_AGENT("Travel agent", 520, 0.6, false);

  /** What people buy day by day; the more often it stands here, the more often they do. */
  static final List<Shop> DAILY =
      List.of(
          PARKING,
          COFFEE,
          COFFEE,
          GROCER,
          GROCER,
          GROCER,
          GROCER,
          FUEL,
          FUEL,
          RESTAURANT,
          RESTAURANT,
          PHARMACY,
          CLOTHES,
          STREAMING,
          WEB_SHOP,
          WEB_SHOP,
          TICKETS);

  /** What one buys once in a while. */
  static final List<Shop> BIG = List.of(ELECTRONICS, TRAVEL_AGENT);

  /** How many merchants of a kind a city has. */
  private static final int BRANCHES = 40;

  private final String title;
  private final double median;
  private final double sigma;
  final boolean inPerson;

  Shop(String title, double median, double sigma, boolean inPerson) {
    this.title = title;
    this.median = median;
    this.sigma = sigma;
    this.inPerson = inPerson;
  }

  /** By the name that {@link #merchant} made. */
  static boolean sellsInPerson(String merchant) {
    return Arrays.stream(values())
        .anyMatch(shop -> shop.inPerson && merchant.startsWith(shop.title + " "));
  }

  String merchant(City city, Chance chance) {
    return title + " " + chance.count(1, BRANCHES) + ", " + city.name();
  }

  /** An amount for somebody who spends {@code budget} times what others do. */
  long cents(double budget, Chance chance) {
    return Math.max(50, Math.round(100 * chance.logNormal(median * budget, sigma)));
  }
}
