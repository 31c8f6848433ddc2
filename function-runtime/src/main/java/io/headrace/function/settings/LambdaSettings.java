package io.headrace.function.settings;

import io.headrace.function.FunctionOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
 *     filters:                                 # any of them lets a record through
 *       - data: {order: {type: [buy]}}
 *       - '{"partitionKey": [{"prefix": "vip-"}]}'
 *     unparsable: drop                         # or deliver, dead-letter: what no filter can read
 *     batchSize: 100                           # and what else may stand beside a class
 *     tumblingWindow: 1m                       # default: none
 *     reportBatchItemFailures: true            # false: whatever is answered is success
 * }</pre>
 *
 * @param classpath empty where the handler's classes lie on the application's class path
 * @param unparsable one of {@code drop}, {@code deliver}, {@code dead-letter}
 * @param options what may be said of any function
 * @param place for complaints about the handler
 */
public record LambdaSettings(
    String name,
    String handler,
    List<Path> classpath,
    String stream,
    List<EventPattern> filters,
    Optional<String> unparsable,
    Optional<Duration> tumblingWindow,
    boolean reportsItemFailures,
    FunctionOptions options,
    String place) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern STREAM = Pattern.compile("[A-Za-z0-9._-]{1,128}");
  private static final List<String> FATES = List.of("drop", "deliver", "dead-letter");

  public LambdaSettings {
    classpath = List.copyOf(classpath);
    filters = List.copyOf(filters);
  }

  /** Empty when it is not enabled. */
  static Optional<LambdaSettings> read(Section section, Path folder) {
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
    boolean enabled = Settings.isEnabled(section);
    var read =
        new LambdaSettings(
            name,
            handler,
            classpath,
            stream,
            section.patterns("filters"),
            fate(section),
            window(section),
            flag(section, "reportBatchItemFailures", true),
            FunctionKeys.readOfHandler(section),
            section.place("handler"));
    section.done();
    return enabled ? Optional.of(read) : Optional.empty();
  }

  private static Optional<String> fate(Section section) {
    var word = section.text("unparsable");
    if (word.isPresent() && !FATES.contains(word.get())) {
      throw section.complaint("unparsable", "must be drop, deliver or dead-letter");
    }
    return word;
  }

  private static Optional<Duration> window(Section section) {
    var key = "tumblingWindow";
    return section
        .text(key)
        .map(
            given ->
                section.duration(
                    key, Duration.ZERO, Duration.ofSeconds(1), Duration.ofMinutes(15)));
  }

  private static boolean flag(Section section, String key, boolean usual) {
    var word = section.text(key, Boolean.toString(usual));
    if (!word.equals("true") && !word.equals("false")) {
      throw section.complaint(key, "must be true or false");
    }
    return word.equals("true");
  }
}
