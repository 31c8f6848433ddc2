package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;

/** A page as a scraper gets it. */
record Scraped(int status, List<String> lines) {
  /** Where the page is, as a command announces it. */
  static URI pageIn(String line) {
    return URI.create(line.substring("metrics at ".length(), line.indexOf(',')));
  }

  static Scraped from(URI page) throws IOException, InterruptedException {
    var answer =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString());
    return new Scraped(answer.statusCode(), answer.body().lines().toList());
  }

  /** Of the only line that begins so. */
  double value(String meterAndTags) {
    var found = lines.stream().filter(line -> line.startsWith(meterAndTags)).toList();
    assertThat(found).as(meterAndTags).hasSize(1);
    var line = found.get(0);
    return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
  }
}
