package io.headrace.local.engine;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The rules for tags of streams and consumers, in the service's words. Pure. */
final class Tags {
  private static final int COUNT_MAX = 50;
  private static final String RESERVED = "aws:";
  private static final Pattern ALLOWED =
      Pattern.compile("[\\u00C0-\\u1FFF\\u2C00-\\uD7FF\\w./\\-=+ @%:]*");
  private static final String CHARACTERS =
      "Some tags contain invalid characters. Valid characters: "
          + "Unicode letters, digits, white space, _ . / = + - % @ :.";
  private static final String PERCENT =
      " because some tags contained illegal characters. The allowed characters are "
          + "Unicode letters, white-spaces, '_',',','/','=','+','-','@',':'.";

  private Tags() {}

  /** The tags with more of them, each of which replaces one of its key. */
  static Map<String, String> add(
      Map<String, String> present, Map<String, String> more, String resource) {
    Stream<String> texts =
        more.entrySet().stream().flatMap(e -> Stream.of(e.getKey(), e.getValue()));
    String failed = "Failed to add tags to " + resource;
    requireAllowed(texts.toList(), failed + PERCENT);
    for (String key : more.keySet()) {
      if (key.regionMatches(true, 0, RESERVED, 0, RESERVED.length())) {
        throw KinesisError.invalidArgument(
            failed + " because the tag key " + key + " begins with aws:, which is reserved.");
      }
    }
    Map<String, String> all = new TreeMap<>(present);
    all.putAll(more);
    if (all.size() > COUNT_MAX) {
      throw KinesisError.invalidArgument(
          "%s because a given stream cannot have more than %d tags associated with it."
              .formatted(failed, COUNT_MAX));
    }
    return all;
  }

  /** The tags without those of the keys; a key that no tag has is passed over. */
  static Map<String, String> remove(
      Map<String, String> present, Collection<String> keys, String resource) {
    requireAllowed(keys, "Failed to remove tags from " + resource + PERCENT);
    Map<String, String> rest = new TreeMap<>(present);
    rest.keySet().removeAll(keys);
    return rest;
  }

  private static void requireAllowed(Collection<String> texts, String ifPercent) {
    for (String text : texts) {
      if (!ALLOWED.matcher(text).matches()) {
        throw KinesisError.invalidArgument(CHARACTERS);
      }
    }
    // The service lets the sign pass in one check and refuses it in the next.
    if (texts.stream().anyMatch(text -> text.contains("%"))) {
      throw KinesisError.invalidArgument(ifPercent);
    }
  }
}
