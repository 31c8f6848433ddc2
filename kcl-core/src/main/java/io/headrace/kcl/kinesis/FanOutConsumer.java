package io.headrace.kcl.kinesis;

import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.DeregisterStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.DeregisterStreamConsumerResponse;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerResponse;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ListStreamConsumersRequest;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * The registered consumer of one stream, as the cursors of this process need it: found, registered
 * where it is missing, and waited for until it is ACTIVE. All state belongs to the loop; cursors
 * call on it and are answered on it.
 *
 * <p>In a fleet every worker looks for the same consumer. The one that reads the stream's first
 * open shard registers it; the others go on looking, and register themselves only when it does not
 * appear in {@link #PATIENCE}, as when that worker polls. Two that register at once do no harm: the
 * later one is told that the name is in use, and looks.
 */
final class FanOutConsumer {
  /** How long others are waited for to register. */
  static final Duration PATIENCE = Duration.ofSeconds(15);

  /** Between two looks; up to as much again is added by chance. */
  static final Duration LOOK_WAIT = Duration.ofSeconds(1);

  /** How long a refusal is taken for the last word. */
  static final Duration REFUSAL_WAIT = Duration.ofSeconds(60);

  /** What a stream takes; a stream in on-demand advantage mode takes more. */
  static final int CONSUMERS_MAX = 20;

  /** The most that one ListStreamConsumers names. */
  private static final int CONSUMERS_LISTED = 100;

  /** Why a shard's second cursor is not let through. */
  static final String SUBSCRIBED =
      "another reader of the shard in this worker has its subscription";

  /** A cursor that waits for the consumer. */
  interface Seeker {
    void found(String arn);

    void missing(String why);
  }

  private final KinesisCalls calls;
  private final EventLoop loop;
  private final ConsumerName name;
  private final Predicate<ShardId> isFirst;
  private final Map<Seeker, ShardId> seekers = new LinkedHashMap<>();

  /** The cursors of each shard, in the order in which they came. */
  private final Map<ShardId, ArrayDeque<Seeker>> cursors = new HashMap<>();

  private @Nullable String streamArn;
  private @Nullable String arn;
  private @Nullable String why;
  private boolean looking;
  private boolean missed;
  private long missedSince;
  private volatile @Nullable String registeredHere;

  /**
   * Makes a consumer that is not looked for yet.
   *
   * @param isFirst whether a shard is the one whose reader registers
   */
  FanOutConsumer(KinesisCalls calls, ConsumerName name, Predicate<ShardId> isFirst) {
    this.calls = calls;
    this.loop = calls.loop;
    this.name = name;
    this.isFirst = isFirst;
  }

  /** Answers at once where the consumer is known, and else as soon as it is. */
  void seek(ShardId shard, Seeker seeker) {
    if (arn != null) {
      seeker.found(arn);
      return;
    }
    seekers.put(seeker, shard);
    if (why != null) {
      seeker.missing(why);
    }
    if (!looking) {
      looking = true;
      look();
    }
  }

  /**
   * Seeks for a cursor, until it leaves. A consumer has one subscription to a shard, and a second
   * one would take it from the first: so of a shard's cursors only the one that came first is let
   * through, the others poll until it is their turn.
   */
  void join(ShardId shard, Seeker cursor) {
    var all = cursors.computeIfAbsent(shard, none -> new ArrayDeque<>(2));
    all.add(cursor);
    if (all.element() == cursor) {
      seek(shard, cursor);
    } else {
      cursor.missing(SUBSCRIBED);
    }
  }

  /** A cursor reads no more; the next one of its shard may subscribe. Harmless when repeated. */
  void leave(ShardId shard, Seeker cursor) {
    seekers.remove(cursor);
    var all = cursors.get(shard);
    if (all == null) {
      return;
    }
    boolean wasFirst = all.element() == cursor;
    all.remove(cursor);
    if (all.isEmpty()) {
      cursors.remove(shard);
    } else if (wasFirst) {
      seek(shard, all.element());
    }
  }

  /** A subscription was told that this consumer is not there; whoever needs it seeks again. */
  void lost(String missing, ShardId shard, Seeker seeker) {
    if (missing.equals(arn)) {
      arn = null;
    }
    seekers.put(seeker, shard);
    if (!looking) {
      // The shard may be what is missing: then polling finds out, and this must not turn fast.
      looking = true;
      lookIn(LOOK_WAIT);
    }
  }

  /**
   * Refuses the ARN of a consumer of another stream; any thread.
   *
   * @throws StreamException naming both
   */
  void check(String streamArn) {
    if (!name.isOf(streamArn)) {
      throw new StreamException(
          Kind.INVALID,
          "consumer \""
              + name.arn()
              + "\" is not one of stream \""
              + streamArn
              + "\"; name a consumer of that stream, or leave it out");
    }
  }

  /** Takes the consumer away if it was registered here; any thread, once nobody reads any more. */
  CompletionStage<DeregisterStreamConsumerResponse> deregister() {
    String ours = registeredHere;
    if (ours == null) {
      return CompletableFuture.completedFuture(DeregisterStreamConsumerResponse.builder().build());
    }
    registeredHere = null;
    var request =
        DeregisterStreamConsumerRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .consumerARN(ours)
            .build();
    return calls.once(
        "DeregisterStreamConsumer", client -> client.deregisterStreamConsumer(request));
  }

  private void look() {
    if (seekers.isEmpty()) {
      looking = false;
      return;
    }
    if (streamArn == null) {
      askStream();
    } else {
      askConsumer(streamArn);
    }
  }

  private void lookIn(Duration wait) {
    long nanos = wait.toNanos();
    long jitter = (long) (calls.random().nextDouble() * nanos);
    loop.schedule(Duration.ofNanos(nanos + jitter), this::look);
  }

  private void askStream() {
    var request =
        DescribeStreamSummaryRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .streamName(calls.place.stream())
            .build();
    await(
        "DescribeStreamSummary",
        calls.once("DescribeStreamSummary", client -> client.describeStreamSummary(request)),
        this::streamCame);
  }

  private void streamCame(
      @Nullable DescribeStreamSummaryResponse answer, @Nullable StreamException failure) {
    if (answer == null) {
      refusedBy(failure);
      return;
    }
    String told = answer.streamDescriptionSummary().streamARN();
    if (told == null) {
      refuse("DescribeStreamSummary on " + calls.place + " was answered without StreamARN");
      return;
    }
    try {
      check(told);
    } catch (StreamException another) {
      refuse(String.valueOf(another.getMessage()));
      return;
    }
    streamArn = told;
    look();
  }

  private void askConsumer(String stream) {
    var request = DescribeStreamConsumerRequest.builder().overrideConfiguration(calls.oneTry);
    if (name.arn() == null) {
      request.streamARN(stream).consumerName(name.name());
    } else {
      request.consumerARN(name.arn());
    }
    await(
        "DescribeStreamConsumer",
        calls.once(
            "DescribeStreamConsumer", client -> client.describeStreamConsumer(request.build())),
        (answer, failure) -> consumerCame(stream, answer, failure));
  }

  private void consumerCame(
      String stream,
      @Nullable DescribeStreamConsumerResponse answer,
      @Nullable StreamException failure) {
    if (answer != null) {
      missed = false;
      var told = answer.consumerDescription();
      if (told.consumerStatus() == ConsumerStatus.ACTIVE) {
        found(told.consumerARN());
      } else {
        // CREATING takes up to a minute; after DELETING it is missing, and registered.
        lookIn(LOOK_WAIT);
      }
      return;
    }
    if (failure == null || !(failure.getCause() instanceof ResourceNotFoundException)) {
      refusedBy(failure);
    } else if (name.arn() != null) {
      refuse("there is no consumer \"" + name.arn() + "\"; register it, or name it without ARN");
    } else {
      registerIfOurs(stream);
    }
  }

  private void registerIfOurs(String stream) {
    if (!missed) {
      missed = true;
      missedSince = loop.ticks();
    }
    boolean ours = seekers.values().stream().anyMatch(isFirst);
    if (ours || loop.ticks() - missedSince > PATIENCE.toNanos()) {
      register(stream);
    } else {
      lookIn(LOOK_WAIT);
    }
  }

  private void register(String stream) {
    var request =
        RegisterStreamConsumerRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .streamARN(stream)
            .consumerName(name.name())
            .build();
    await(
        "RegisterStreamConsumer",
        calls.once("RegisterStreamConsumer", client -> client.registerStreamConsumer(request)),
        (answer, failure) -> {
          if (answer != null) {
            missed = false;
            registeredHere = answer.consumer().consumerARN();
            if (answer.consumer().consumerStatus() == ConsumerStatus.ACTIVE) {
              found(answer.consumer().consumerARN());
            } else {
              lookIn(LOOK_WAIT);
            }
          } else if (failure != null && failure.getCause() instanceof ResourceInUseException) {
            lookIn(LOOK_WAIT);
          } else if (failure != null && failure.getCause() instanceof LimitExceededException) {
            countConsumers(stream, String.valueOf(failure.getMessage()));
          } else {
            refusedBy(failure);
          }
        });
  }

  /** One error says both: that the stream has its 20 consumers, and that calls came too fast. */
  private void countConsumers(String stream, String limit) {
    var request =
        ListStreamConsumersRequest.builder()
            .overrideConfiguration(calls.oneTry)
            .streamARN(stream)
            .maxResults(CONSUMERS_LISTED)
            .build();
    await(
        "ListStreamConsumers",
        calls.once("ListStreamConsumers", client -> client.listStreamConsumers(request)),
        (answer, failure) -> {
          if (answer == null) {
            refuse(limit + ": a stream takes 20 consumers, and 5 calls a second");
          } else if (answer.consumers().size() < CONSUMERS_MAX) {
            lookIn(LOOK_WAIT);
          } else {
            refuse(
                limit
                    + ": the stream has "
                    + answer.consumers().size()
                    + " consumers; take one away that nobody reads with");
          }
        });
  }

  private void found(String active) {
    arn = Objects.requireNonNull(active, "ConsumerARN");
    why = null;
    looking = false;
    var waiting = List.copyOf(seekers.keySet());
    seekers.clear();
    waiting.forEach(seeker -> seeker.found(active));
  }

  /** What may pass is asked again soon and needs no word; the rest is told, and asked later. */
  private void refusedBy(@Nullable StreamException failure) {
    if (failure == null || failure.kind() == Kind.RETRYABLE) {
      lookIn(LOOK_WAIT);
    } else {
      refuse(String.valueOf(failure.getMessage()));
    }
  }

  private void refuse(String reason) {
    why = reason;
    new ArrayList<>(seekers.keySet()).forEach(seeker -> seeker.missing(reason));
    lookIn(REFUSAL_WAIT);
  }

  private <T> void await(
      String action,
      CompletionStage<T> asked,
      BiConsumer<@Nullable T, @Nullable StreamException> then) {
    asked.whenComplete(
        (answer, failure) ->
            loop.execute(
                () -> {
                  try {
                    then.accept(
                        answer, failure == null ? null : Failure.of(action, calls.place, failure));
                  } catch (RuntimeException broken) {
                    // An answer without a field that it must have; nobody would look again.
                    refuse(String.valueOf(Failure.of(action, calls.place, broken).getMessage()));
                  }
                }));
  }
}
