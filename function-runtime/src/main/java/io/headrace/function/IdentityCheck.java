package io.headrace.function;

import io.headrace.checkpoint.FunctionItem;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Holds the functions of a worker to what is stored of functions: which must not run, and why.
 * Pure.
 */
final class IdentityCheck {
  private final String application;
  private final List<FunctionSpec<?, ?>> specs;
  private final Map<String, FunctionItem> stored = new LinkedHashMap<>();

  IdentityCheck(
      String application, List<FunctionSpec<?, ?>> specs, Collection<FunctionItem> stored) {
    this.application = application;
    this.specs = List.copyOf(specs);
    stored.forEach(item -> this.stored.put(item.function(), item));
  }

  /** One sentence for each function that must not run. */
  List<String> refusals() {
    var refusals = new ArrayList<String>();
    for (var spec : specs) {
      refusal(spec).ifPresent(refusals::add);
    }
    return refusals;
  }

  private Optional<String> refusal(FunctionSpec<?, ?> spec) {
    var own = shapeOf(spec.name());
    if (own.isPresent()) {
      return changed(application, spec, own.get()).or(() -> givenUp(spec)).or(() -> merged(spec));
    }
    for (var former : spec.formers()) {
      var refused = notFrom(spec, former);
      if (refused.isPresent()) {
        return refused;
      }
    }
    boolean isKnownFormer = spec.formers().stream().anyMatch(stored::containsKey);
    return isKnownFormer || spec.beginsAnew() ? Optional.empty() : renamed(spec);
  }

  private Optional<FunctionShape> shapeOf(String function) {
    return Optional.ofNullable(stored.get(function))
        .filter(item -> !item.shape().isEmpty())
        .map(item -> new FunctionShape(item.shape()));
  }

  /** Why a function must not run over what is stored under its name; empty when it may. */
  static Optional<String> changed(
      String application, FunctionSpec<?, ?> spec, FunctionShape stored) {
    var differences = FunctionShape.of(spec).differences(stored);
    if (differences.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "function "
            + spec.name()
            + " of application "
            + application
            + " is another one than what is stored under its name: "
            + String.join("; ", differences)
            + ". Run the former specification; or give this one a name of its own, under which it"
            + " begins anew"
            + (stored.isStateful()
                ? ""
                : ", or goes on from there with migratesFrom(\"" + spec.name() + "\")")
            + "; or stop all workers and drop what is stored: headrace seek FILE --function "
            + spec.name()
            + " --to POSITION --state empty --reason WHY");
  }

  /** While another function here has what was once this one's, they would take it in turns. */
  private Optional<String> givenUp(FunctionSpec<?, ?> spec) {
    return Optional.ofNullable(stored.get(spec.name()))
        .flatMap(FunctionItem::successor)
        .filter(successor -> specs.stream().anyMatch(other -> other.name().equals(successor)))
        .map(
            successor ->
                "function "
                    + spec.name()
                    + " of application "
                    + application
                    + ": "
                    + successor
                    + " took over what it had, and runs here, too; give "
                    + spec.name()
                    + " another name");
  }

  /** What has begun can't take over any more. */
  private Optional<String> merged(FunctionSpec<?, ?> spec) {
    for (var former : spec.formers()) {
      var item = stored.get(former);
      if (item != null && item.successor().isEmpty()) {
        return Optional.of(
            "function "
                + spec.name()
                + " of application "
                + application
                + " has progress of its own, so it can't take over that of "
                + former
                + ": leave migratesFrom(\""
                + former
                + "\") out, or give it a name under which nothing is stored");
      }
    }
    return Optional.empty();
  }

  private Optional<String> notFrom(FunctionSpec<?, ?> spec, String former) {
    var item = stored.get(former);
    if (item == null) {
      return Optional.empty();
    }
    var taker =
        item.successor()
            .filter(other -> !other.equals(spec.name()) && !spec.formers().contains(other));
    if (taker.isPresent()) {
      return Optional.of(
          "function "
              + spec.name()
              + " of application "
              + application
              + ", migratesFrom("
              + former
              + "): "
              + taker.get()
              + " took over what that had; say migratesFrom(\""
              + taker.get()
              + "\", \""
              + former
              + "\")");
    }
    var shape = FunctionShape.of(spec);
    return shapeOf(former)
        .filter(stored -> !shape.canGoOnFrom(stored))
        .map(
            stored ->
                "function "
                    + spec.name()
                    + " of application "
                    + application
                    + " can't go on from what "
                    + former
                    + " keeps, which belongs to its keys and windows: "
                    + String.join("; ", shape.differences(stored))
                    + (stored.isStateful() ? "" : "; reads: " + stored.words())
                    + ". Leave migratesFrom out and say beginningAnew(), or keep keys and windows"
                    + " as they were");
  }

  /** A new name for what looks like a function that nobody runs any more. */
  private Optional<String> renamed(FunctionSpec<?, ?> spec) {
    var shape = FunctionShape.of(spec);
    if (!shape.isStateful() || shape.isShadow()) {
      return Optional.empty();
    }
    var alike =
        stored.values().stream()
            .filter(item -> item.successor().isEmpty())
            .filter(item -> specs.stream().noneMatch(other -> other.name().equals(item.function())))
            .filter(
                item ->
                    shapeOf(item.function())
                        .filter(other -> !other.isShadow() && shape.looksLike(other))
                        .isPresent())
            .map(FunctionItem::function)
            .toList();
    if (alike.isEmpty()) {
      return Optional.empty();
    }
    var first = alike.get(0);
    return Optional.of(
        "function "
            + spec.name()
            + " of application "
            + application
            + " is new, and has the inputs, keys and windows of "
            + String.join(", ", alike)
            + ", which keeps state and is not run here any more. If it is "
            + first
            + " under another name, say migratesFrom(\""
            + first
            + "\") and it goes on from there; if it is not, say beginningAnew(). In a settings"
            + " file: migratesFrom: ["
            + first
            + "] or beginningAnew: true");
  }
}
