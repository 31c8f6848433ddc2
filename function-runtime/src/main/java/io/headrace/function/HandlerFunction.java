package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A Lambda handler as a function of batches, in one shard; on the invocation pool, in as many lanes
 * as the mapping has. Partial answers become failures of single records, everything from the lowest
 * on.
 */
final class HandlerFunction<I, O> implements BatchFunction<I, O> {
  private static final BatchAnswer UNHEARD = new BatchAnswer.Done(false);

  private final String function;
  private final ShardKey shard;
  private final LambdaPool pool;
  private final Optional<EventSourceMapping> mapping;
  private final AtomicLong calls = new AtomicLong();

  /**
   * @param mapping says which answers are looked at; without one all are
   */
  HandlerFunction(
      String function, ShardKey shard, LambdaPool pool, Optional<EventSourceMapping> mapping) {
    this.function = function;
    this.shard = shard;
    this.pool = pool;
    this.mapping = mapping;
  }

  @Override
  public void handle(Batch<I, O> batch) throws Exception {
    var events = new ArrayList<Event<I>>(batch.size());
    var records = new ArrayList<StreamRecord>(batch.size());
    for (var event : batch) {
      events.add(event);
      records.add(((RecordEvent<I>) event).record());
    }
    var attempt = events.get(0).attempt();
    var first = events.get(0).id().toString();
    var requestId = requestId(first, attempt, calls.incrementAndGet());
    var call = new LambdaCall(function, requestId, shard, records, attempt::remaining, null);
    apply(heard(pool.call(call, attempt).batch(), mapping), batch, events);
  }

  /** The answer, as far as the mapping has it looked at. */
  static BatchAnswer heard(BatchAnswer answer, Optional<EventSourceMapping> mapping) {
    if (mapping.isEmpty()) {
      return answer;
    }
    if (!mapping.get().reportsBatchItemFailures()) {
      return UNHEARD;
    }
    boolean strict = mapping.get().refusesUnknownKeys();
    return strict && answer instanceof BatchAnswer.Done done && done.unknownKeys()
        ? new BatchAnswer.Malformed("the answer has a key that means nothing")
        : answer;
  }

  private void apply(BatchAnswer answer, Batch<I, O> batch, List<Event<I>> events)
      throws LambdaItemsFailed {
    if (answer instanceof BatchAnswer.Malformed malformed) {
      throw new LambdaItemsFailed(malformed.why());
    }
    if (answer instanceof BatchAnswer.ItemsFailed failed) {
      var lowest = failed.lowest();
      for (var event : events) {
        var record = ((RecordEvent<I>) event).record();
        if (record.position().sequence().compareTo(lowest) >= 0) {
          batch.fail(
              event,
              new LambdaItemsFailed(
                  failed.numbers().contains(record.position().sequence())
                      ? "the handler named it among its batchItemFailures"
                      : "an earlier record of its batch failed"));
        }
      }
    }
  }

  /**
   * The same nowhere else.
   *
   * @param first names the batch by its first record
   * @param call its number in this run of the shard: an attempt that found a dependency down does
   *     not count as one, and has an id all the same
   */
  static String requestId(String first, Attempt attempt, long call) {
    var name = first + "!" + call + "!" + attempt.fencingToken();
    return UUID.nameUUIDFromBytes(name.getBytes(UTF_8)).toString();
  }
}
