package io.headrace.samples.analytics;

/** What is told of a day, whatever the flights were gathered by. */
interface DelayFigures {
  long flights();

  long delayMinutes();

  long lateFlights();

  double meanDelay();

  double shareLate();
}
