package io.headrace.kcl.kinesis;

import java.time.Duration;

/** What a {@link FanOutReader} wants done. */
sealed interface FanOutAction {
  /** Answer what is wanted by GetRecords. */
  record Poll() implements FanOutAction {}

  /** Send SubscribeToShard from the place that is read up to, and ask for one event. */
  record Subscribe(long number, String arn) implements FanOutAction {}

  /** Ask the subscription for one event. */
  record Request() implements FanOutAction {}

  /** Let go of the subscription. */
  record Cancel() implements FanOutAction {}

  /** Tell of {@link FanOutEvent.RenewalDue} at a time drawn between the two. */
  record RenewBetween(long number, Duration earliest, Duration latest) implements FanOutAction {}

  /** Answer what is wanted with no records: none came in time. */
  record AnswerEmpty() implements FanOutAction {}

  /** This consumer seems to be gone: look for one again. */
  record SeekAgain(String arn) implements FanOutAction {}

  /** Tell the operator how records come from now on. */
  record Tell(String how) implements FanOutAction {}
}
