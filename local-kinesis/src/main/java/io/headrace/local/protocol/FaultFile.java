package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.headrace.local.fault.FaultCodes;
import io.headrace.local.fault.FaultEffect;
import io.headrace.local.fault.FaultRule;
import io.headrace.local.fault.FaultRules;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rules for faults as JSON: {@code {"seed": 7, "rules": [{"action": ..., ...}]}}. What cannot be
 * read is one exception that names the line, the rule, the field and the value.
 */
public final class FaultFile {
  /** What a file says. The seed is null when it says none. */
  public record Content(@Nullable Long seed, List<FaultRule> rules) {}

  private static final int SHOWN_MAX = 100;

  private static final JsonFactory JSON =
      new JsonFactory().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  private static final Map<String, String> FIELDS =
      Map.of(
          "error", "code, message, status",
          "failRecords", "share, code, message",
          "subscription", "ending, afterEvents, code, message");

  private final JsonParser in;
  private final Set<String> actions;
  private int rule;

  private FaultFile(JsonParser in, Set<String> actions) {
    this.in = in;
    this.actions = actions;
  }

  /**
   * Reads a file.
   *
   * @param name what to call it in complaints
   * @param actions the actions that there are
   * @throws IllegalArgumentException when the text is no such file
   */
  public static Content read(String name, byte[] text, Set<String> actions) {
    try (JsonParser in = JSON.createParser(text)) {
      FaultFile file = new FaultFile(in, actions);
      try {
        return file.content();
      } catch (JsonProcessingException e) {
        String line = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
        throw new IllegalArgumentException(
            name + line + ": this is no JSON: " + e.getOriginalMessage() + ".", e);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(name + ", " + file.place() + ": " + e.getMessage(), e);
      }
    } catch (IOException e) {
      // The text is in memory: it can only be bytes that are no characters.
      throw new IllegalArgumentException(name + ": this is no JSON: " + e.getMessage() + ".", e);
    }
  }

  private String place() {
    return "line " + in.currentTokenLocation().getLineNr() + (rule == 0 ? "" : ", rule " + rule);
  }

  private Content content() throws IOException {
    if (in.nextToken() != JsonToken.START_OBJECT) {
      throw new IllegalArgumentException("the file must be an object such as {\"rules\": [...]}.");
    }
    Long seed = null;
    List<FaultRule> rules = List.of();
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String field = in.currentName();
      in.nextToken();
      switch (field) {
        case "seed" -> seed = whole("seed", Long.MIN_VALUE);
        case "rules" -> rules = rules();
        default -> throw unknown(field, "seed, rules");
      }
    }
    if (in.nextToken() != null) {
      throw new IllegalArgumentException("something follows the object: take it away.");
    }
    return new Content(seed, rules);
  }

  private List<FaultRule> rules() throws IOException {
    require(JsonToken.START_ARRAY, "rules", "a list of rules");
    List<FaultRule> rules = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      rule++;
      if (rule > FaultRules.RULES_MAX) {
        throw new IllegalArgumentException(
            "there are more than " + FaultRules.RULES_MAX + " rules: keep the first of them.");
      }
      require(JsonToken.START_OBJECT, "rules", "a list of objects");
      rules.add(rule());
    }
    rule = 0;
    return rules;
  }

  private FaultRule rule() throws IOException {
    String action = null;
    String stream = null;
    String shard = null;
    String consumer = null;
    double probability = 1;
    long first = 0;
    long every = 1;
    FaultEffect effect = null;
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String field = in.currentName();
      in.nextToken();
      switch (field) {
        case "action" -> action = action();
        case "stream" -> stream = text(field);
        case "shard" -> shard = text(field);
        case "consumer" -> consumer = text(field);
        case "probability" -> probability = number(field);
        case "first" -> first = whole(field, 1);
        case "every" -> every = whole(field, 1);
        case "error", "delayMillis", "cut", "failRecords", "subscription" ->
            effect = onlyOne(effect, effect(field));
        default ->
            throw unknown(
                field,
                "action, stream, shard, consumer, probability, first, every, error, delayMillis,"
                    + " cut, failRecords, subscription");
      }
    }
    if (effect == null) {
      throw new IllegalArgumentException(
          "the rule does nothing: give it one of error, delayMillis, cut, failRecords,"
              + " subscription.");
    }
    String about = action == null ? FaultRule.of(effect).action() : action;
    try {
      return new FaultRule(about, stream, shard, consumer, probability, first, every, effect);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(e.getMessage() + ".", e);
    }
  }

  private static FaultEffect onlyOne(@Nullable FaultEffect before, FaultEffect effect) {
    if (before != null) {
      throw new IllegalArgumentException(
          "a rule does one thing: make two rules of error, delayMillis, cut, failRecords and"
              + " subscription.");
    }
    return effect;
  }

  private FaultEffect effect(String field) throws IOException {
    try {
      return switch (field) {
        case "delayMillis" -> delay();
        case "cut" -> new FaultEffect.Cut(choice(field, "before", "after").equals("after"));
        default -> structured(field);
      };
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw new IllegalArgumentException(message.endsWith(".") ? message : message + ".", e);
    }
  }

  private FaultEffect delay() throws IOException {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      Duration delay = Duration.ofMillis(whole("delayMillis", 0));
      return new FaultEffect.Delay(delay, delay);
    }
    in.nextToken();
    Duration min = Duration.ofMillis(whole("delayMillis", 0));
    in.nextToken();
    Duration max = Duration.ofMillis(whole("delayMillis", 0));
    in.nextToken();
    require(JsonToken.END_ARRAY, "delayMillis", "a number or a list of two");
    return new FaultEffect.Delay(min, max);
  }

  private FaultEffect structured(String kind) throws IOException {
    require(JsonToken.START_OBJECT, kind, "an object");
    String code = null;
    String message = null;
    int status = 0;
    double share = 1;
    int afterEvents = 0;
    FaultEffect.BreakSubscription.Ending ending = null;
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String field = in.currentName();
      in.nextToken();
      switch (kind + "." + field) {
        case "error.code", "failRecords.code", "subscription.code" -> code = text(field);
        case "error.message", "failRecords.message", "subscription.message" ->
            message = text(field);
        case "error.status" -> status = (int) Math.min(whole(field, 0), 1000);
        case "failRecords.share" -> share = number(field);
        case "subscription.afterEvents" ->
            afterEvents = (int) Math.min(whole(field, 0), Integer.MAX_VALUE);
        case "subscription.ending" ->
            ending =
                FaultEffect.BreakSubscription.Ending.valueOf(
                    choice(field, "error", "silence", "end", "malformed").toUpperCase(Locale.ROOT));
        default -> throw unknown(field, FIELDS.get(kind));
      }
    }
    return switch (kind) {
      case "error" -> FaultCodes.error(needed(code, "error", "code"), message, status);
      case "failRecords" ->
          new FaultEffect.FailRecords(share, code == null ? FaultCodes.THROTTLED : code, message);
      default ->
          new FaultEffect.BreakSubscription(
              needed(ending, "subscription", "ending"),
              afterEvents,
              code == null ? FaultCodes.INTERNAL : code,
              message);
    };
  }

  private static <T> T needed(@Nullable T value, String kind, String field) {
    if (value == null) {
      throw new IllegalArgumentException("field " + kind + " needs " + field + ".");
    }
    return value;
  }

  private String action() throws IOException {
    String action = text("action");
    if (!action.equals(FaultRule.ANY_ACTION) && !actions.contains(action)) {
      throw new IllegalArgumentException(
          "field action: the service has no action '"
              + shortened(action)
              + "': write it as in the API, such as PutRecords, or * for all.");
    }
    return action;
  }

  private String choice(String field, String... choices) throws IOException {
    String text = text(field);
    if (!List.of(choices).contains(text)) {
      throw new IllegalArgumentException(
          "field %s must be one of %s but is '%s'."
              .formatted(field, String.join(", ", choices), shortened(text)));
    }
    return text;
  }

  private String text(String field) throws IOException {
    require(JsonToken.VALUE_STRING, field, "a text");
    return in.getText();
  }

  private double number(String field) throws IOException {
    if (!in.currentToken().isNumeric()) {
      throw notA(field, "a number");
    }
    return in.getDoubleValue();
  }

  private long whole(String field, long min) throws IOException {
    if (in.currentToken() != JsonToken.VALUE_NUMBER_INT
        || in.getNumberType() == JsonParser.NumberType.BIG_INTEGER
        || in.getLongValue() < min) {
      throw notA(
          field, min == Long.MIN_VALUE ? "a whole number" : "a whole number of at least " + min);
    }
    return in.getLongValue();
  }

  private void require(JsonToken token, String field, String what) throws IOException {
    if (in.currentToken() != token) {
      throw notA(field, what);
    }
  }

  private IllegalArgumentException notA(String field, String what) throws IOException {
    return new IllegalArgumentException(
        "field %s must be %s but is %s."
            .formatted(field, what, shortened(String.valueOf(in.getText()))));
  }

  private static IllegalArgumentException unknown(String field, @Nullable String known) {
    return new IllegalArgumentException(
        "there is no field '" + shortened(field) + "': use one of " + known + ".");
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "...";
  }

  /** Writes what {@link #read} reads. */
  public static String write(long seed, List<FaultRule> rules) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator generator = JSON.createGenerator(out)) {
      generator.writeStartObject();
      generator.writeNumberField("seed", seed);
      generator.writeArrayFieldStart("rules");
      for (FaultRule rule : rules) {
        FaultWriter.write(generator, rule);
      }
      generator.writeEndArray();
      generator.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
