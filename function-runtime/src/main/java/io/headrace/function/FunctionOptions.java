package io.headrace.function;

import io.headrace.kcl.BatchLimits;
import io.headrace.kcl.Start;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a settings file says of a function beside its specification; empty leaves it as the
 * specification has it. Immutable; applied by {@link FunctionSpec#with}, which checks ranges.
 *
 * @param start where the function begins on streams that it never read
 * @param retrying how often and how soon failed records are tried again
 * @param lambda runs a batch function by the rules of an event source mapping; what else is given
 *     here changes them
 * @param committingWithin see {@link FunctionSpec.Options#committingWithin}
 * @param standing what the function is to others
 */
public record FunctionOptions(
    Optional<Start> start,
    Optional<EventSourceMapping> lambda,
    Batching batching,
    Retrying retrying,
    Optional<Duration> timeOut,
    Optional<Integer> inFlight,
    Threads threads,
    Optional<Duration> committingWithin,
    Standing standing) {
  public static final FunctionOptions NONE =
      new FunctionOptions(
          Optional.empty(),
          Optional.empty(),
          Batching.NONE,
          Retrying.NONE,
          Optional.empty(),
          Optional.empty(),
          Threads.NONE,
          Optional.empty());

  /** Of a function that is to others what its specification says. */
  public FunctionOptions(
      Optional<Start> start,
      Optional<EventSourceMapping> lambda,
      Batching batching,
      Retrying retrying,
      Optional<Duration> timeOut,
      Optional<Integer> inFlight,
      Threads threads,
      Optional<Duration> committingWithin) {
    this(
        start,
        lambda,
        batching,
        retrying,
        timeOut,
        inFlight,
        threads,
        committingWithin,
        Standing.NONE);
  }

  /**
   * What a function is to others.
   *
   * @param migratesFrom see {@link FunctionSpec.Options#migratesFrom}; beside those of the
   *     specification, as the latest
   * @param beginningAnew see {@link FunctionSpec.Options#beginningAnew}
   * @param shadow see {@link FunctionSpec.Options#shadow}
   */
  public record Standing(List<String> migratesFrom, boolean beginningAnew, Optional<Path> shadow) {
    public static final Standing NONE = new Standing(List.of(), false, Optional.empty());

    public Standing {
      migratesFrom = List.copyOf(migratesFrom);
    }

    Descent descent(String function, Descent of) {
      var formers = new LinkedHashSet<String>();
      migratesFrom.forEach(name -> formers.add(FunctionSpec.requireFormer(function, name)));
      formers.addAll(of.formers());
      return new Descent(List.copyOf(formers), beginningAnew || of.anew());
    }
  }

  public FunctionOptions {
    Objects.requireNonNull(standing, "standing");
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(lambda, "lambda");
    Objects.requireNonNull(batching, "batching");
    Objects.requireNonNull(retrying, "retrying");
    Objects.requireNonNull(threads, "threads");
  }

  /** See {@link FunctionSpec.Options#batching} and what stands beside it. */
  public record Batching(
      Optional<Integer> records,
      Optional<Duration> orAfter,
      Optional<Integer> parallelizationFactor,
      Optional<Long> maxPayloadBytes) {
    public static final Batching NONE =
        new Batching(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * See {@link RetryPolicy}.
   *
   * @param retries {@link EventSourceMapping#UNLIMITED} for ever
   * @param unavailableOn beside those of the specification
   */
  public record Retrying(
      Optional<Integer> retries,
      Optional<Duration> within,
      Optional<BackOff> backOff,
      Optional<PauseAbove> pauseAbove,
      Optional<Parking> parking,
      Outages unavailableOn) {
    public static final Retrying NONE =
        new Retrying(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Outages.NONE);
  }

  /**
   * See {@link RetryPolicy#unavailableOn}.
   *
   * @param names of exceptions' classes, as a file has them
   * @param types those that were {@linkplain #lookedUpIn looked up}
   */
  public record Outages(List<String> names, List<Class<? extends Throwable>> types) {
    public static final Outages NONE = new Outages(List.of(), List.of());

    public Outages {
      names = List.copyOf(names);
      types = List.copyOf(types);
    }

    /** Exceptions that are not looked up yet. */
    public static Outages named(List<String> names) {
      return new Outages(names, List.of());
    }
  }

  /** See {@link InvocationThreads}; a kind alone leaves their number as it is. */
  public record Threads(Optional<Integer> max, Optional<InvocationThreads.Kind> kind) {
    public static final Threads NONE = new Threads(Optional.empty(), Optional.empty());
  }

  /**
   * See {@link RetryPolicy#parkingKeys}.
   *
   * @param bounds empty to park no key
   */
  public record Parking(Optional<KeyParking> bounds) {}

  /** See {@link RetryPolicy#backingOff}. */
  public record BackOff(Duration first, Duration longest) {}

  /** See {@link RetryPolicy#pausingAbove}. */
  public record PauseAbove(double share, int ofLast) {}

  /**
   * The same, with the classes that it names.
   *
   * @param loader which has the function's classes
   * @throws IllegalArgumentException naming a class that is missing or no exception
   */
  public FunctionOptions lookedUpIn(ClassLoader loader) {
    var names = retrying.unavailableOn().names();
    if (names.isEmpty()) {
      return this;
    }
    var types = new ArrayList<Class<? extends Throwable>>();
    names.forEach(name -> types.add(exception(name, loader)));
    var looked =
        new Retrying(
            retrying.retries(),
            retrying.within(),
            retrying.backOff(),
            retrying.pauseAbove(),
            retrying.parking(),
            new Outages(names, types));
    return new FunctionOptions(
        start, lambda, batching, looked, timeOut, inFlight, threads, committingWithin, standing);
  }

  private static Class<? extends Throwable> exception(String name, ClassLoader loader) {
    try {
      return Class.forName(name, false, loader).asSubclass(Throwable.class);
    } catch (ClassNotFoundException | LinkageError missing) {
      throw new IllegalArgumentException(
          "unavailableOn "
              + name
              + ": there is no such class; give its whole name, such as"
              + " java.net.ConnectException",
          missing);
    } catch (ClassCastException other) {
      throw new IllegalArgumentException(
          "unavailableOn " + name + ": is no exception, so no call fails with it", other);
    }
  }

  <I> List<Input<? extends I>> inputs(List<Input<? extends I>> inputs) {
    var started = new ArrayList<Input<? extends I>>();
    for (var input : inputs) {
      started.add(started(input));
    }
    return List.copyOf(started);
  }

  private <I> Input<I> started(Input<I> input) {
    return start.map(input::startingAt).orElse(input);
  }

  FunctionSettings settings(String function, FunctionSettings of) {
    var batch = lambda.map(EventSourceMapping::batch).orElse(of.batch());
    var delivery = lambda.map(EventSourceMapping::delivery).orElse(of.delivery());
    var policy = of.retry();
    var retry = lambda.map(mapping -> mapping.bounds(policy)).orElse(policy);
    if (batching.parallelizationFactor().isPresent()) {
      delivery = delivery.withConcurrentBatches(function, batching.parallelizationFactor().get());
    }
    if (batching.maxPayloadBytes().isPresent()) {
      delivery = delivery.withPayloadMax(function, batching.maxPayloadBytes().get());
    }
    timeOut.ifPresent(limit -> Ranges.requireTimeOut(function, limit));
    inFlight.ifPresent(perShard -> Ranges.requireInFlight(function, perShard));
    return new FunctionSettings(
        new BatchLimits(
            batching.records().orElse(batch.recordsMax()),
            batching.orAfter().orElse(batch.waitMax())),
        retry(retry),
        timeOut.isPresent() ? timeOut : of.limit(),
        inFlight.orElse(of.inFlight()),
        of.executor(),
        of.sides(),
        delivery,
        of.redaction(),
        threads(of),
        of.sorted(),
        committingWithin
            .map(limit -> of.committing().within(Ranges.requireCommitting(function, limit)))
            .orElse(of.committing()),
        standing.descent(function, of.descent()),
        standing.shadow().or(of::shadow),
        of.broadcasts());
  }

  private Optional<InvocationThreads> threads(FunctionSettings of) {
    if (threads.max().isEmpty() && threads.kind().isEmpty()) {
      return of.threads();
    }
    var kind =
        threads
            .kind()
            .or(() -> of.threads().map(InvocationThreads::kind))
            .orElse(InvocationThreads.Kind.AUTO);
    int max =
        threads
            .max()
            .or(() -> of.threads().map(InvocationThreads::max))
            .orElse(inFlight.orElse(of.inFlight()));
    return Optional.of(new InvocationThreads(kind, max));
  }

  private RetryPolicy retry(RetryPolicy of) {
    var retry = of;
    if (retrying.retries().isPresent()) {
      int retries = retrying.retries().get();
      retry = retry.withRetries(retries < 0 ? Integer.MAX_VALUE : retries);
    }
    if (retrying.within().isPresent()) {
      retry = retry.within(retrying.within().get());
    }
    if (retrying.backOff().isPresent()) {
      var backOff = retrying.backOff().get();
      retry = retry.backingOff(backOff.first(), backOff.longest());
    }
    if (retrying.pauseAbove().isPresent()) {
      var pause = retrying.pauseAbove().get();
      retry = retry.pausingAbove(pause.share(), pause.ofLast());
    }
    if (retrying.parking().isPresent()) {
      var bounds = retrying.parking().get().bounds();
      retry = bounds.isPresent() ? retry.parkingKeys(bounds.get()) : retry.parkingNoKeys();
    }
    var outages = retrying.unavailableOn();
    if (outages.types().size() < outages.names().size()) {
      throw new IllegalArgumentException(
          "unavailableOn " + outages.names() + ": was not looked up in the function's classes");
    }
    for (var type : outages.types()) {
      retry = retry.unavailableOn(type);
    }
    return retry;
  }
}
