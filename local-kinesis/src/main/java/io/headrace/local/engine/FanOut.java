package io.headrace.local.engine;

import io.headrace.local.log.StoredRecord;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What can be done to the registered consumers of streams, and the subscriptions of those. A part
 * of {@link Engine}, and to be called as that is.
 */
public final class FanOut {
  /** Finds streams. */
  interface Streams {
    KinesisStream require(StreamKey key, long nowMillis);
  }

  private final InstantSource clock;
  private final Streams streams;

  FanOut(InstantSource clock, Streams streams) {
    this.clock = clock;
    this.streams = streams;
  }

  public ConsumerView register(StreamKey key, String name, Labels labels) {
    long now = clock.millis();
    Tags.add(Map.of(), labels.tags(), "consumer " + name + " under " + key.inSentence());
    KinesisStream stream = streams.require(key, now);
    return stream.step(
        now,
        consumers -> {
          stream.requireMade();
          return consumers.register(name, labels, now).view();
        });
  }

  Labels labels(ConsumerArn arn) {
    return step(arn, Consumer::labels);
  }

  void label(ConsumerArn arn, UnaryOperator<Labels> change) {
    step(
        arn,
        consumer -> {
          if (consumer.status() != ConsumerStatus.ACTIVE) {
            throw arn.notActive();
          }
          consumer.label(change);
          return arn;
        });
  }

  public ConsumerView describe(StreamKey key, String name) {
    long now = clock.millis();
    return streams.require(key, now).step(now, consumers -> consumers.require(name).view());
  }

  public ConsumerView describe(ConsumerArn arn) {
    return step(arn, Consumer::view);
  }

  public void deregister(ConsumerArn arn) {
    long now = clock.millis();
    streams
        .require(arn.stream(), now)
        .step(
            now,
            consumers -> {
              consumers.deregister(consumers.require(arn), now);
              return arn;
            });
  }

  /**
   * A page of the consumers of a stream, by name.
   *
   * @param token what the page before gave, or null for the first page
   */
  public ConsumerPage list(StreamKey key, @Nullable String token, int consumersMax) {
    long now = clock.millis();
    KinesisStream stream = streams.require(key, now);
    ConsumerListToken last = token == null ? null : ConsumerListToken.parse(token, now);
    if (last != null && last.streamCreatedMillis() != stream.createdMillis()) {
      throw KinesisError.invalidArgument("NextToken is not for " + key.inSentence() + ".");
    }
    String after = last == null ? "" : last.lastName();
    return stream.step(now, consumers -> page(stream, consumers.after(after), consumersMax, now));
  }

  /** Subscribes a consumer to a shard, or throws what keeps it from that. */
  public Subscription subscribe(ConsumerArn arn, String shardId, StartFrom start) {
    long now = clock.millis();
    return streams.require(arn.stream(), now).subscribe(arn, shardId, start, now);
  }

  /** What the subscription has next, as {@link Subscription#next} says. */
  public Pushed next(Subscription subscription, long bytesMax) {
    return subscription.next(clock.millis(), bytesMax);
  }

  /** Records that an event of the subscription had, from an order on, as in their log. */
  public List<StoredRecord> readAgain(Subscription subscription, long order, long bytesMax) {
    return subscription.readAgain(clock.millis(), order, bytesMax);
  }

  /** Whether time may have brought the subscription something, as for {@link #next}. */
  public boolean isDue(Subscription subscription) {
    return subscription.isDue(clock.millis());
  }

  /** Whether the subscription has nothing more to give but perhaps an error. */
  public boolean isOver(Subscription subscription) {
    return subscription.isOver(clock.millis());
  }

  public void cancel(Subscription subscription) {
    subscription.cancel(clock.millis());
  }

  private <T> T step(ConsumerArn arn, Function<Consumer, T> step) {
    long now = clock.millis();
    return streams
        .require(arn.stream(), now)
        .step(now, consumers -> step.apply(consumers.require(arn)));
  }

  private static ConsumerPage page(
      KinesisStream stream, Iterable<Consumer> consumers, int consumersMax, long now) {
    List<ConsumerView> views = new ArrayList<>();
    for (Consumer consumer : consumers) {
      if (views.size() == consumersMax) {
        String last = views.get(consumersMax - 1).arn().name();
        return new ConsumerPage(
            views, new ConsumerListToken(now, stream.createdMillis(), last).token());
      }
      views.add(consumer.view());
    }
    return new ConsumerPage(views, null);
  }
}
