package io.headrace.local.protocol;

import io.headrace.local.engine.Engine;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.PutFilter;
import io.headrace.local.engine.PutOutcome;
import io.headrace.local.engine.Shard;
import io.headrace.local.fault.FaultCodes;
import io.headrace.local.fault.FaultEffect;
import io.headrace.local.fault.FaultRule;
import io.headrace.local.fault.Struck;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What the protocol does about a request that a rule strikes. Any thread. */
final class FaultyCalls {
  /** What the request would be answered without faults; may throw what it would be refused with. */
  interface Work {
    /** Runs the whole action, whose events break in the given way if it has any. */
    Reply run(FaultEffect.@Nullable BreakSubscription broken);
  }

  private final Engine engine;

  FaultyCalls(Engine engine) {
    this.engine = engine;
  }

  /** Runs the request as the rule wants; throws the error that it is to be answered with. */
  Reply run(Struck struck, FaultedRequest request, Work work) {
    FaultRule rule = struck.rule();
    FaultEffect effect = rule == null ? null : rule.effect();
    if (effect instanceof FaultEffect.Refuse error) {
      throw error(error, request);
    }
    if (effect instanceof FaultEffect.Cut cut) {
      if (cut.afterTheWork()) {
        runUnheard(work);
      }
      return new Reply.Cut();
    }
    return work.run(effect instanceof FaultEffect.BreakSubscription broken ? broken : null);
  }

  /** The outcomes of a PutRecords when a rule lets some fail; null when none is about that. */
  @Nullable List<PutOutcome> outcomes(Struck struck, FaultedRequest request) {
    FaultRule rule = struck.rule();
    if (rule == null || !(rule.effect() instanceof FaultEffect.FailRecords effect)) {
      return null;
    }
    PutFilter filter = filter(rule, effect, request, struck.draws());
    return RecordActions.putMany(engine, request.caller(), request.input(), filter);
  }

  private static PutFilter filter(
      FaultRule rule,
      FaultEffect.FailRecords effect,
      FaultedRequest request,
      SplittableRandom draws) {
    int only = rule.shard() == null ? -1 : Shard.indexOf(rule.shard());
    return shardId -> {
      boolean isElsewhere = only >= 0 && Shard.indexOf(shardId) != only;
      if (isElsewhere || draws.nextDouble() >= effect.share()) {
        return null;
      }
      String message = effect.message();
      if (message == null && effect.code().equals(FaultCodes.THROTTLED)) {
        message =
            "Rate exceeded for shard %s in stream %s under account %s."
                .formatted(shardId, request.stream(), request.subject().owner().account());
      }
      return new PutOutcome.Refused(effect.code(), FaultCodes.message(effect.code(), message));
    };
  }

  private static KinesisError error(FaultEffect.Refuse error, FaultedRequest request) {
    String message = error.message() != null ? error.message() : request.words(error.code());
    return KinesisError.of(error.code(), FaultCodes.message(error.code(), message), error.status());
  }

  private static void runUnheard(Work work) {
    try {
      if (work.run(null) instanceof Reply.Events opened) {
        opened.events().close();
      }
    } catch (KinesisError refused) {
      // Nobody hears of it: the connection is cut where the answer would be.
    }
  }
}
