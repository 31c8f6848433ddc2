package io.headrace.function;

import io.headrace.checkpoint.FunctionItem;
import io.headrace.checkpoint.FunctionRegister;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says what the functions of this worker are, once at its start, and finds out whether they may run
 * on what is stored. Nothing runs, and nothing is stored of their progress, before that is known.
 * Owned by the worker loop.
 */
final class Identities {
  private static final Logger LOG = LoggerFactory.getLogger(Identities.class);
  private static final Duration AGAIN_FIRST = Duration.ofMillis(100);
  private static final Duration AGAIN_LONGEST = Duration.ofSeconds(5);

  private final String application;
  private final List<FunctionSpec<?, ?>> specs;
  private final FunctionRegister register;
  private final EventLoop loop;
  private final Consumer<String> refused;
  private final CompletableFuture<Void> known = new CompletableFuture<>();
  private Duration again = AGAIN_FIRST;
  private volatile @Nullable String trouble;

  /**
   * @param refused told, instead of {@link #known}, why this worker must not run
   */
  Identities(
      String application,
      List<FunctionSpec<?, ?>> specs,
      FunctionRegister register,
      EventLoop loop,
      Consumer<String> refused) {
    this.application = application;
    this.specs = List.copyOf(specs);
    this.register = register;
    this.loop = loop;
    this.refused = refused;
  }

  /** Any thread, once. */
  void begin() {
    loop.execute(this::ask);
  }

  /** Completes on the worker loop when all may run; else never. */
  CompletionStage<Void> known() {
    return known.minimalCompletionStage();
  }

  boolean isKnown() {
    return known.isDone();
  }

  /** Why it is not known yet, if something is wrong; any thread. */
  @Nullable String trouble() {
    return trouble;
  }

  private void ask() {
    Stages.ask(loop, register::all, this::judge, this::failed);
  }

  private void judge(List<FunctionItem> stored) {
    var refusals = new IdentityCheck(application, specs, stored).refusals();
    if (!refusals.isEmpty()) {
      refused.accept(String.join(" Also: ", refusals));
      return;
    }
    var items = new HashMap<String, FunctionItem>();
    stored.forEach(item -> items.put(item.function(), item));
    Stages.ask(loop, () -> settled(items), this::settled, this::failed);
  }

  /** Each step may be repeated: what broke off is done by the next start. */
  private CompletionStage<Boolean> settled(Map<String, FunctionItem> items) {
    CompletionStage<Boolean> all = CompletableFuture.completedFuture(true);
    for (var spec : specs) {
      all = all.thenCompose(fine -> succeeding(spec, items).thenApply(done -> fine));
      all =
          all.thenCompose(fine -> described(spec, items).thenApply(described -> fine && described));
    }
    return all;
  }

  private CompletionStage<Void> succeeding(
      FunctionSpec<?, ?> spec, Map<String, FunctionItem> items) {
    CompletionStage<Void> all = CompletableFuture.completedFuture(null);
    for (var former : spec.formers()) {
      var item = items.get(former);
      if (item != null && item.successor().isEmpty()) {
        LOG.info("function {} goes on from what {} has", spec.name(), former);
        all = all.thenCompose(done -> register.succeed(former, spec.name()));
      }
    }
    return all;
  }

  /** False when somebody else has just said otherwise: then all is asked again. */
  private CompletionStage<Boolean> described(
      FunctionSpec<?, ?> spec, Map<String, FunctionItem> items) {
    var item = items.get(spec.name());
    var shape = FunctionShape.of(spec);
    if (item == null || item.shape().isEmpty()) {
      return register
          .describe(spec.name(), shape.words())
          .thenApply(now -> now.shape().equals(shape.words()));
    }
    var next = shape.over(new FunctionShape(item.shape())).words();
    if (next.equals(item.shape())) {
      return CompletableFuture.completedFuture(true);
    }
    LOG.info("function {} is {} from now on, and was {}", spec.name(), next, item.shape());
    return register.redescribe(spec.name(), item.shape(), next);
  }

  private void settled(boolean all) {
    if (!all) {
      ask();
      return;
    }
    trouble = null;
    known.complete(null);
  }

  private void failed(Throwable cause) {
    trouble = "what is stored of functions can't be read or written: " + cause.getMessage();
    var wait = again;
    again =
        again.multipliedBy(2).compareTo(AGAIN_LONGEST) < 0 ? again.multipliedBy(2) : AGAIN_LONGEST;
    var unused = loop.schedule(wait, this::ask);
  }
}
