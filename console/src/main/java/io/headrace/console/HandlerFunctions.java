package io.headrace.console;

import io.headrace.function.Codec;
import io.headrace.function.FilterException;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.LambdaHandler;
import io.headrace.function.LambdaHandlerException;
import io.headrace.function.Unparsable;
import io.headrace.function.lambda.HandlerClasses;
import io.headrace.function.settings.EventPattern;
import io.headrace.function.settings.LambdaSettings;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The functions of an {@code app.yaml} that are handlers for AWS Lambda: loads their classes, each
 * from jars of its own, and puts their settings into specifications. Used by one thread.
 */
final class HandlerFunctions implements AutoCloseable {
  /** Lambda's. */
  private static final int BATCH_DEFAULT = 100;

  /** Where classes come from that the handler names no jars for. */
  private final ClassLoader application;

  private final Optional<String> region;

  private final List<HandlerClasses> opened = new ArrayList<>();

  HandlerFunctions(ClassLoader application, Optional<String> region) {
    this.application = application;
    this.region = region;
  }

  FunctionSpec<byte[], byte[]> spec(LambdaSettings settings) {
    try {
      var classes = classes(settings);
      return FunctionSpec.named(settings.name())
          .reading(input(settings))
          .batching(BATCH_DEFAULT, Duration.ZERO)
          .handledByLambda(handler(settings, classes))
          .with(settings.options().lookedUpIn(classes));
    } catch (LambdaHandlerException | IllegalArgumentException refused) {
      throw new Complaint(settings.place() + ": " + refused.getMessage(), refused);
    }
  }

  @Override
  public void close() {
    for (var classes : opened) {
      try {
        classes.close();
      } catch (IOException ignored) {
        // nothing was written, so nothing is lost
      }
    }
  }

  private LambdaHandler handler(LambdaSettings settings, ClassLoader classes) {
    var handler = LambdaHandler.named(settings.handler()).from(classes);
    if (!settings.reportsItemFailures()) {
      handler = handler.ignoringItemFailures();
    }
    if (settings.tumblingWindow().isPresent()) {
      handler = handler.tumblingWindow(settings.tumblingWindow().get());
    }
    return region.map(handler::inRegion).orElse(handler);
  }

  private ClassLoader classes(LambdaSettings settings) {
    if (settings.classpath().isEmpty()) {
      return application;
    }
    var classes = HandlerClasses.in(settings.classpath());
    opened.add(classes);
    return classes;
  }

  private static Input<byte[]> input(LambdaSettings settings) {
    Input<byte[]> input = Input.of(StreamSource.kinesis(settings.stream()), Codec.bytes());
    if (settings.unparsable().isPresent()) {
      input = input.unparsable(fate(settings.unparsable().get()));
    }
    return settings.filters().isEmpty() ? input : filtered(input, settings.filters());
  }

  private static Input<byte[]> filtered(Input<byte[]> input, List<EventPattern> patterns) {
    try {
      return input.filteredBy(patterns.stream().map(EventPattern::json).toArray(String[]::new));
    } catch (FilterException wrong) {
      var pattern = patterns.get(wrong.pattern());
      throw new Complaint(
          pattern.place(wrong.line(), wrong.column()) + ": " + wrong.reason(), wrong);
    }
  }

  private static Unparsable fate(String word) {
    return Unparsable.valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
