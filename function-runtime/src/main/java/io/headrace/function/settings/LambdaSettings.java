package io.headrace.function.settings;

import io.headrace.kcl.Start;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A function of {@code app.yaml} that is a handler written for AWS Lambda. Immutable.
 *
 * <pre>{@code
 * functions:
 *   - name: orders                             # progress is kept under it
 *     handler: com.acme.Handler::handleRequest
 *     classpath: [build/handler.jar]           # its own jars: it sees no other classes but the JDK's
 *     stream: orders
 *     startingPosition: trim-horizon           # or latest; for the first start only
 *     filters:                                 # any of them lets a record through
 *       - data: {order: {type: [buy]}}
 *       - '{"partitionKey": [{"prefix": "vip-"}]}'
 *     unparsable: drop                         # or deliver, dead-letter: what no filter can read
 *     batchSize: 100
 *     batchWindow: 0s
 *     retries: forever                         # or 0 to 10000, then into the dead letters
 *     timeout: 3s                              # default: none
 *     tumblingWindow: 1m                       # default: none
 *     reportBatchItemFailures: true            # false: whatever is answered is success
 * }</pre>
 *
 * @param classpath empty where the handler's classes lie on the application's class path
 * @param unparsable one of {@code drop}, {@code deliver}, {@code dead-letter}
 * @param retries empty for ever
 * @param place for complaints about the handler
 */
public record LambdaSettings(
    String name,
    String handler,
    List<Path> classpath,
    String stream,
    Start start,
    List<EventPattern> filters,
    Optional<String> unparsable,
    int batchSize,
    Duration batchingWindow,
    Optional<Integer> retries,
    Optional<Duration> timeout,
    Optional<Duration> tumblingWindow,
    boolean reportsItemFailures,
    String place) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern STREAM = Pattern.compile("[A-Za-z0-9._-]{1,128}");
  private static final Map<String, Start> STARTS =
      Map.of("trim-horizon", Start.HORIZON, "latest", Start.LATEST);
  private static final List<String> FATES = List.of("drop", "deliver", "dead-letter");
  private static final int BATCH_MAX = 10_000;
  private static final int BATCH_DEFAULT = 100;
  private static final int RETRIES_MAX = 10_000;
  private static final String FOREVER = "forever";

  public LambdaSettings {
    classpath = List.copyOf(classpath);
    filters = List.copyOf(filters);
  }

  static LambdaSettings read(Section section, Path folder) {
    var name = section.required("name", "the name under which its progress is kept");
    if (!NAME.matcher(name).matches()) {
      throw section.complaint(
          "name", "must be 1 to 128 letters, digits, '.', '_' and '-', a letter or digit first");
    }
    var handler = section.required("handler", "a handler such as com.acme.Handler::handleRequest");
    var classpath = Settings.paths(section, folder);
    var stream = section.required("stream", "the name of the stream that it reads");
    if (!STREAM.matcher(stream).matches()) {
      throw section.complaint(
          "stream", "must be a stream's name: 1 to 128 letters, digits, '.', '_' and '-'");
    }
    var read =
        new LambdaSettings(
            name,
            handler,
            classpath,
            stream,
            start(section),
            section.patterns("filters"),
            fate(section),
            section.number("batchSize", BATCH_DEFAULT, 1, BATCH_MAX),
            section.duration("batchWindow", Duration.ZERO, Duration.ZERO, Duration.ofMinutes(5)),
            retries(section),
            duration(section, "timeout", Duration.ofMillis(1), Duration.ofHours(1)),
            duration(section, "tumblingWindow", Duration.ofSeconds(1), Duration.ofMinutes(15)),
            flag(section, "reportBatchItemFailures", true),
            section.place("handler"));
    section.done();
    return read;
  }

  private static Start start(Section section) {
    var word = section.text("startingPosition", "trim-horizon");
    var start = STARTS.get(word);
    if (start == null) {
      throw section.complaint("startingPosition", "must be trim-horizon or latest");
    }
    return start;
  }

  private static Optional<String> fate(Section section) {
    var word = section.text("unparsable");
    if (word.isPresent() && !FATES.contains(word.get())) {
      throw section.complaint("unparsable", "must be drop, deliver or dead-letter");
    }
    return word;
  }

  private static Optional<Integer> retries(Section section) {
    return section.text("retries", FOREVER).equals(FOREVER)
        ? Optional.empty()
        : Optional.of(section.number("retries", 0, 0, RETRIES_MAX));
  }

  private static Optional<Duration> duration(
      Section section, String key, Duration min, Duration max) {
    var given = section.duration(key, Duration.ZERO, min, max);
    return given.isZero() ? Optional.empty() : Optional.of(given);
  }

  private static boolean flag(Section section, String key, boolean usual) {
    var word = section.text(key, Boolean.toString(usual));
    if (!word.equals("true") && !word.equals("false")) {
      throw section.complaint(key, "must be true or false");
    }
    return word.equals("true");
  }
}
