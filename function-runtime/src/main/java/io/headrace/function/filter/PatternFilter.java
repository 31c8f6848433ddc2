package io.headrace.function.filter;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.function.RecordFilter;
import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import software.amazon.event.ruler.Machine;

/**
 * The patterns of one input, compiled. Immutable: the machines are only asked, which any number of
 * threads may do.
 *
 * @param byMetadata alternatives that do not name the payload
 * @param whereDataDecides what the others say of metadata: where it does not hold, no payload would
 *     let the record through
 * @param byData the others
 * @param dataDecidesAlways one of the others says nothing of metadata
 */
record PatternFilter(
    Machine byMetadata, Machine whereDataDecides, Machine byData, boolean dataDecidesAlways)
    implements RecordFilter {
  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int MILLIS_DIGITS = 3;

  @Override
  public Verdict judge(StreamRecord record) throws IOException {
    var event = metadata(record);
    if (matches(byMetadata, event)) {
      return Verdict.PASSES;
    }
    if (!dataDecidesAlways && !matches(whereDataDecides, event)) {
      return Verdict.FILTERED;
    }
    var data = json(record.payload().bytes());
    if (data == null) {
      return Verdict.UNPARSABLE;
    }
    event.set(PatternFields.DATA, data);
    return matches(byData, event) ? Verdict.PASSES : Verdict.FILTERED;
  }

  private static boolean matches(Machine machine, JsonNode event) {
    return !machine.isEmpty() && !machine.rulesForJSONEvent(event).isEmpty();
  }

  private static ObjectNode metadata(StreamRecord record) {
    var event = NODES.objectNode();
    event.put(PatternFields.PARTITION_KEY, record.key().text());
    event.put(PatternFields.SEQUENCE_NUMBER, record.position().sequence().value());
    event.put(
        PatternFields.ARRIVAL,
        BigDecimal.valueOf(record.arrivedAt().toEpochMilli(), MILLIS_DIGITS));
    event.put(PatternFields.SCHEMA_VERSION, "1.0");
    if (!record.headers().isEmpty()) {
      var headers = event.putObject(PatternFields.HEADERS);
      record.headers().forEach(headers::put);
    }
    return event;
  }

  /** Null for what is not one JSON value in UTF-8. */
  private static @Nullable JsonNode json(byte[] payload) {
    // The parser would take UTF-16 and UTF-32 as well, which both begin with a zero or a mark.
    if (payload.length < 1 || payload[0] == 0 || (payload.length > 1 && payload[1] == 0)) {
      return null;
    }
    if (payload.length > 1 && (payload[0] & 0xFF) >= 0xFE && (payload[1] & 0xFF) >= 0xFE) {
      return null;
    }
    try {
      var read = JSON.readTree(payload);
      return read.isMissingNode() ? null : read;
    } catch (IOException malformed) {
      // The payload is at hand, so this is never a reading that failed.
      return null;
    }
  }
}
