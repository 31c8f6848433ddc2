package io.headrace.local.conformance;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One way to ask every case: how its bytes are written, how they travel, where records are. */
record Combination(Encoding encoding, Http http, Store store) {
  enum Http {
    HTTP_1_1("HTTP/1.1"),
    HTTP_2("HTTP/2");

    private final String words;

    Http(String words) {
      this.words = words;
    }

    Connection connect(URI endpoint) {
      return this == HTTP_1_1 ? Connection.http1(endpoint) : Connection.http2(endpoint);
    }
  }

  static List<Combination> all() {
    List<Combination> all = new ArrayList<>();
    for (Store store : Store.values()) {
      for (Encoding encoding : Encoding.values()) {
        for (Http http : Http.values()) {
          all.add(new Combination(encoding, http, store));
        }
      }
    }
    return all;
  }

  @Override
  public String toString() {
    return encoding + " over " + http.words + ", " + store.name().toLowerCase(Locale.ROOT);
  }
}
