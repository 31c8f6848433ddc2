package io.headrace.function;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a function is, as far as that can be told of a specification: kept in the application's
 * table, so that one whose stored state means something else is refused. Immutable.
 *
 * @param words by what they say; people read them
 */
record FunctionShape(Map<String, String> words) {
  static final String KIND = "kind";
  static final String KEYS = "keys";
  static final String THROUGH = "through";
  static final String WINDOWS = "windows";
  static final String STATE_OF = "state of";
  static final String READS = "reads";
  static final String CODEC = "codec";
  static final String SHADOW = "shadow";

  /** What stored state is good for hangs on these; of others only the latest is kept. */
  private static final List<String> JUDGED = List.of(KIND, KEYS, THROUGH, WINDOWS, STATE_OF);

  /** All that this version knows to say; a newer one may say more. */
  private static final Set<String> KNOWN =
      Set.of(KIND, KEYS, THROUGH, WINDOWS, STATE_OF, READS, CODEC, SHADOW);

  /** The kind of functions that keep nothing. */
  private static final String STATELESS = "without state";

  private static final String ABSENT = "none";

  FunctionShape {
    words = Collections.unmodifiableMap(new TreeMap<>(words));
  }

  static FunctionShape of(FunctionSpec<?, ?> spec) {
    var kind = spec.kind();
    var words = new TreeMap<String, String>();
    words.put(READS, streams(spec));
    if (spec.settings().shadow().isPresent()) {
      words.put(SHADOW, "true");
    }
    if (!spec.isStateful()) {
      words.put(KIND, STATELESS);
      return new FunctionShape(words);
    }
    words.put(KIND, spec.isWindowed() ? "windows" : "keyed");
    if (kind instanceof FunctionKind.Lambda<?, ?> lambda) {
      words.put(KIND, "windows of a Lambda handler");
      lambda.handler().window().ifPresent(size -> words.put(WINDOWS, "tumbling " + size));
    }
    if (kind instanceof FunctionKind.Windowing<?, ?, ?> windowing) {
      words.put(WINDOWS, windowing.windows().cut());
    }
    var keys = kind.keys();
    if (keys != null) {
      words.put(KEYS, keys.describe());
    }
    spec.throughStream().ifPresent(stream -> words.put(THROUGH, stream.name()));
    if (spec.throughStream().isEmpty()) {
      words.put(STATE_OF, streams(spec));
    }
    var codec = kind.codec();
    if (codec != null) {
      words.put(CODEC, nameOf(codec.getClass()) + " version " + codec.version());
    }
    return new FunctionShape(words);
  }

  private static String streams(FunctionSpec<?, ?> spec) {
    return spec.inputs().stream()
        .map(input -> input.source().name())
        .sorted()
        .collect(Collectors.joining(" "));
  }

  /** What stands for a lambda expression has another name in each process. */
  private static String nameOf(Class<?> type) {
    var name = type.getName();
    int lambda = name.indexOf("$$Lambda");
    return lambda < 0 ? name : name.substring(0, lambda) + ", a lambda expression";
  }

  boolean isStateful() {
    return !STATELESS.equals(words.get(KIND));
  }

  boolean isShadow() {
    return words.containsKey(SHADOW);
  }

  /** Whether it reads what the other one reads, and means the same by what it keeps. */
  boolean looksLike(FunctionShape other) {
    return differences(other).isEmpty()
        && words.getOrDefault(READS, "").equals(other.words.getOrDefault(READS, ""));
  }

  /**
   * Whether this function can go on from what the other has kept: it means the same by it, or the
   * other keeps nothing and lies where this one's progress does.
   */
  boolean canGoOnFrom(FunctionShape former) {
    return former.isStateful()
        ? differences(former).isEmpty()
        : !words.containsKey(THROUGH) && isOfOneStream() == former.isOfOneStream();
  }

  private boolean isOfOneStream() {
    return words.getOrDefault(READS, "").indexOf(' ') < 0;
  }

  /** One phrase for each part in which they differ: the stored one is said first. */
  List<String> differences(FunctionShape stored) {
    var found = new ArrayList<String>();
    for (var part : JUDGED) {
      var before = stored.words.getOrDefault(part, ABSENT);
      var now = words.getOrDefault(part, ABSENT);
      if (!before.equals(now) && !(part.equals(KEYS) && mayBeSameKeys(before, now))) {
        found.add(part + ": stored \"" + before + "\", given \"" + now + "\"");
      }
    }
    return found;
  }

  /** Of keys without a name nothing is known but how they are found. */
  private static boolean mayBeSameKeys(String before, String now) {
    return name(before).isEmpty() != name(now).isEmpty()
        && before.split(" ", 2)[0].equals(now.split(" ", 2)[0]);
  }

  private static Optional<String> name(String keys) {
    int space = keys.indexOf(' ');
    return space < 0 ? Optional.empty() : Optional.of(keys.substring(space + 1));
  }

  /**
   * What is to be stored once this one runs: a name that was given to keys is not forgotten, nor
   * what a newer version says beside.
   */
  FunctionShape over(FunctionShape stored) {
    var next = new TreeMap<>(stored.words);
    next.keySet().removeAll(KNOWN);
    next.putAll(words);
    var before = stored.words.get(KEYS);
    var now = words.get(KEYS);
    if (before != null && now != null && name(now).isEmpty() && mayBeSameKeys(before, now)) {
      next.put(KEYS, before);
    }
    return new FunctionShape(next);
  }
}
