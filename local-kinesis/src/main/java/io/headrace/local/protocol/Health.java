package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.Totals;
import java.util.Map;

/**
 * Says that the server answers, and how much it holds: numbers only, no names, since anybody may
 * ask without a signature. Any thread.
 */
final class Health {
  static final String PATH = "/_headrace/health";

  private final Engine engine;

  Health(Engine engine) {
    this.engine = engine;
  }

  static boolean isAskedFor(Request request) {
    return request.method().equals("GET") && request.path().equals(PATH);
  }

  Reply answer() {
    Totals totals = engine.totals();
    return new Reply.Whole(
        200,
        Map.of("content-type", "application/json", "cache-control", "no-store"),
        out -> {
          try (JsonGenerator generator = Wire.JSON.generator(out)) {
            generator.writeStartObject();
            generator.writeStringField("status", "ok");
            generator.writeNumberField("streams", totals.streams());
            generator.writeNumberField("openShards", totals.openShards());
            generator.writeNumberField("subscriptions", totals.subscriptions());
            generator.writeNumberField("recordBytes", totals.recordBytes());
            generator.writeNumberField("recordBytesMax", totals.recordBytesMax());
            generator.writeEndObject();
          }
        });
  }
}
