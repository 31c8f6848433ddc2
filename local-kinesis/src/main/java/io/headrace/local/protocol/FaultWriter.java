package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import io.headrace.local.fault.FaultEffect;
import io.headrace.local.fault.FaultRule;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes a rule as {@link FaultFile} reads it. */
final class FaultWriter {
  private FaultWriter() {}

  static void write(JsonGenerator out, FaultRule rule) throws IOException {
    out.writeStartObject();
    out.writeStringField("action", rule.action());
    text(out, "stream", rule.stream());
    text(out, "shard", rule.shard());
    text(out, "consumer", rule.consumer());
    if (rule.probability() < 1) {
      out.writeNumberField("probability", rule.probability());
    }
    if (rule.first() > 0) {
      out.writeNumberField("first", rule.first());
    }
    if (rule.every() > 1) {
      out.writeNumberField("every", rule.every());
    }
    write(out, rule.effect());
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, FaultEffect effect) throws IOException {
    if (effect instanceof FaultEffect.Delay delay) {
      delay(out, delay);
    } else if (effect instanceof FaultEffect.Cut cut) {
      out.writeStringField("cut", cut.afterTheWork() ? "after" : "before");
    } else if (effect instanceof FaultEffect.Refuse error) {
      out.writeObjectFieldStart("error");
      out.writeStringField("code", error.code());
      text(out, "message", error.message());
      out.writeNumberField("status", error.status());
      out.writeEndObject();
    } else if (effect instanceof FaultEffect.FailRecords fail) {
      out.writeObjectFieldStart("failRecords");
      out.writeNumberField("share", fail.share());
      out.writeStringField("code", fail.code());
      text(out, "message", fail.message());
      out.writeEndObject();
    } else if (effect instanceof FaultEffect.BreakSubscription broken) {
      out.writeObjectFieldStart("subscription");
      out.writeStringField("ending", broken.ending().name().toLowerCase(Locale.ROOT));
      out.writeNumberField("afterEvents", broken.afterEvents());
      out.writeStringField("code", broken.code());
      text(out, "message", broken.message());
      out.writeEndObject();
    }
  }

  private static void delay(JsonGenerator out, FaultEffect.Delay delay) throws IOException {
    if (delay.min().equals(delay.max())) {
      out.writeNumberField("delayMillis", delay.min().toMillis());
      return;
    }
    out.writeArrayFieldStart("delayMillis");
    out.writeNumber(delay.min().toMillis());
    out.writeNumber(delay.max().toMillis());
    out.writeEndArray();
  }

  private static void text(JsonGenerator out, String field, @Nullable String text)
      throws IOException {
    if (text != null) {
      out.writeStringField(field, text);
    }
  }
}
