package io.headrace.harness.fleet;

import static io.headrace.harness.fleet.PlantedLeaseFaults.rows;
import static io.headrace.harness.fleet.PlantedLeaseFaults.unconditional;
import static io.headrace.harness.fleet.PlantedProgressFaults.commits;
import static io.headrace.harness.fleet.PlantedProgressFaults.ends;
import static io.headrace.harness.fleet.PlantedProgressFaults.with;
import static java.util.Map.entry;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.EndedParent;
import io.headrace.kcl.CommitParts;
import io.headrace.lease.LeaseRow;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Mistakes that somebody could make in the protocol, each built around the production code as a
 * {@link Plant}. A simulation that does not notice one of them proves nothing about it.
 */
enum PlantedFault {
  CLAIM_UNCONDITIONAL(
      "a lease is claimed whatever its row says by now",
      () -> unconditional(PlantedLeaseFaults::isClaim)),
  ROW_UNCONDITIONAL(
      "every write of a lease row replaces what is there",
      () -> unconditional((seen, next) -> next instanceof LeaseRow)),
  TAKE_BACK_UNCONDITIONAL(
      "a hand-over is taken back although it was acknowledged",
      () -> unconditional(PlantedLeaseFaults::isTakeBack)),
  FLIP_UNCONDITIONAL(
      "a hand-over is written although the giver lost the lease meanwhile",
      () -> unconditional(PlantedLeaseFaults::isFlip)),
  ACKNOWLEDGEMENT_UNCONDITIONAL(
      "a hand-over is acknowledged although it was taken back",
      () -> unconditional(PlantedLeaseFaults::isAcknowledgement)),
  BURIAL_UNCONDITIONAL(
      "a worker is buried although its heartbeat moved",
      () -> unconditional(PlantedLeaseFaults::isBurial)),
  HEARTBEAT_UNCONDITIONAL(
      "a heartbeat revives a buried or replaced worker", PlantedLeaseFaults::heartbeatRevives),
  CLAIM_KEEPS_EPOCH(
      "a claim leaves the epoch as it was",
      () ->
          rows(
              (seen, next) ->
                  PlantedLeaseFaults.isClaim(seen, next) && next.from() == null && seen != null
                      ? PlantedLeaseFaults.withEpoch(next, Math.max(1, seen.epoch()))
                      : next)),
  HAND_OVER_KEEPS_EPOCH(
      "the taker of a lease gets the epoch of the giver",
      () ->
          rows(
              (seen, next) ->
                  seen != null && next.from() != null && next.epoch() > seen.epoch()
                      ? PlantedLeaseFaults.withEpoch(next, seen.epoch())
                      : next)),
  RELEASE_RESETS_EPOCH(
      "a lease that is given back begins at epoch 1 again",
      () ->
          rows(
              (seen, next) -> next.owner() == null ? PlantedLeaseFaults.withEpoch(next, 0) : next)),
  CHILD_WAITS_FOR_ONE_PARENT(
      "the child of a merge waits for its first parent only",
      () -> rows((seen, next) -> PlantedLeaseFaults.withOneParent(next))),
  INCARNATION_LEFT_OUT(
      "every start of a worker id draws the same names, its incarnation included",
      PlantedProcessFaults::sameNamesAtEachStart),
  NO_GRACE_FOR_THE_REPLACED(
      "who replaces a worker id does not wait for the former life",
      PlantedLeaseFaults::noGraceForTheReplaced),
  OBSERVERS_LEASE_TIME(
      "a worker is judged by the lease time of who judges", PlantedLeaseFaults::observersLeaseTime),
  DEPARTED_WHILE_DRAINING(
      "a worker that begins to leave says that it has left",
      PlantedLeaseFaults::departedWhileDraining),
  CLAIMS_WITHOUT_BURIAL(
      "leases of the silent are claimed without burying their owner",
      PlantedLeaseFaults::claimsWithoutBurial),
  ANY_ANSWER_IS_LIFE(
      "an old heartbeat that is read again counts as life", PlantedLeaseFaults::anyAnswerIsLife),
  BURIAL_IGNORED("who is told that it is buried goes on", PlantedLeaseFaults::burialIgnored),
  ACKNOWLEDGEMENT_NOT_WRITTEN(
      "the taker of a lease runs it without acknowledging it",
      PlantedLeaseFaults::acknowledgementNotWritten),
  NAMED_BEFORE_DRAINED(
      "the row names the taker while the giver delivers", PlantedLeaseFaults::namedBeforeDrained),
  STANDBY_NOT_BELIEVED(
      "a standby beats too seldom for the lease time that it tells",
      PlantedStandbyFaults::notBelieved),
  STANDBY_NEVER_WAKES(
      "a standby inherits while all others believe that it sleeps",
      PlantedStandbyFaults::neverWakes),
  LEASE_CHECKED_WHEN_QUEUED(
      "the lease is asked for when a call is queued, not when it begins",
      PlantedProcessFaults::leaseCheckedWhenQueued),
  VALID_FROM_THE_REPLY(
      "a lease counts from the heartbeat's answer, not from its sending",
      PlantedProcessFaults::validFromTheReply),
  LEASES_BY_WALL_CLOCK(
      "leases are measured by the wall clock", PlantedProcessFaults::leasesByWallClock),
  CLOCK_RUNS_OFF(
      "a clock runs slower than the owner allows for", () -> PlantedProcessFaults.clocksRunOff(15)),
  COMMIT_TOKEN_UNCHECKED(
      "a commit is carried out under any token",
      () -> PlantedProgressFaults.unconditionalCommits(true)),
  COMMIT_REVISION_UNCHECKED(
      "a late commit is carried out over a newer one",
      () -> PlantedProgressFaults.unconditionalCommits(false)),
  SEAL_NOT_WRITTEN(
      "a new owner reads progress without fencing the former",
      PlantedProgressFaults::sealNotWritten),
  COMMIT_PASSES_HOLES(
      "a commit passes records that are still in flight",
      () ->
          commits(
              commit -> with(commit, PlantedProgressFaults.throughLastRange(commit.progress())))),
  COMMIT_ONE_TOO_FAR(
      "a commit passes one record too many",
      () -> commits(commit -> with(commit, PlantedProgressFaults.oneTooFar(commit.progress())))),
  COMMIT_WITHOUT_STATE(
      "progress is stored without the state that belongs to it",
      () ->
          commits(
              commit ->
                  new CheckpointStore.Commit(
                      commit.claim(), commit.progress(), CommitParts.NONE, commit.takenOver()))),
  COMMIT_FORGETS_PARKED(
      "progress passes parked records and does not say where they lie",
      () ->
          commits(
              commit ->
                  new CheckpointStore.Commit(
                      commit.claim(),
                      commit.progress(),
                      PlantedProgressFaults.withoutParked(commit.parts()),
                      commit.takenOver()))),
  STATE_BEHIND_PROGRESS(
      "state is stored one commit later than its progress",
      PlantedProgressFaults::stateBehindProgress),
  POSITIONS_AS_TEXT("positions are compared as text", PlantedProgressFaults::positionsAsText),
  START_RESOLVED_ANEW(
      "where a function begins is worked out at each start",
      PlantedProgressFaults::startResolvedAnew),
  CHILDREN_BEGIN_AT_LATEST(
      "children begin at what comes next", PlantedProgressFaults::childrenBeginAtLatest),
  FENCING_TOKEN_STARTS_ANEW(
      "the user's fencing token begins at 1 in a child",
      () ->
          ends(
              end ->
                  PlantedProgressFaults.leaving(
                      end, new EndedParent(0, end.left().childrenFrom(), end.left().parts())))),
  END_LEAVES_NO_STATE(
      "a shard's end does not give the state to the children",
      () -> PlantedProgressFaults.endsLeaving(parts -> CommitParts.NONE)),
  END_TELLS_ONE_CHILD(
      "a shard's end is told to one of its children only",
      () ->
          ends(
              end ->
                  new CheckpointStore.End(
                      end.claim(), end.progress(), end.left(), end.children().subList(0, 1)))),
  PARENTS_NOT_AWAITED(
      "a function begins in a child before it ended the parents",
      PlantedProgressFaults::parentsNotAwaited),
  CHUNKS_EXPIRE(
      "state that is referred to expires",
      () -> PlantedProgressFaults.chunksExpireAfter(Duration.ofSeconds(5))),
  READ_CHUNKS_ARE_FREED(
      "who has read the parent's state deletes it", PlantedProgressFaults::readChunksAreFreed),
  OUTPUT_NOT_DURABLE(
      "progress passes a record whose output is not durable",
      () -> PlantedProgressFaults.sinkAnswersEarly(false)),
  LETTER_NOT_DURABLE(
      "progress passes a dead letter that is not durable",
      () -> PlantedProgressFaults.sinkAnswersEarly(true)),
  STATE_READ_AS_NONE(
      "who takes a shard over begins with empty state",
      () -> PlantedStateFaults.seals(item -> PlantedStateFaults.withParts(item, Optional.empty()))),
  STATE_READ_TOO_OLD(
      "who takes a shard over reads state one commit older than its progress",
      PlantedStateFaults::stateReadTooOld),
  MERGE_TAKES_ONE_STATE(
      "the child of a merge takes the state of one parent only",
      () -> PlantedStateFaults.seals(PlantedStateFaults::withOneParent)),
  PARKED_NOT_READ(
      "who takes a shard over does not look for parked records",
      () ->
          PlantedStateFaults.seals(
              item ->
                  PlantedStateFaults.withParts(
                      item, item.parts().map(PlantedProgressFaults::withoutParked)))),
  END_FORGETS_PARKED(
      "a shard's end does not give the parked records to the children",
      () -> PlantedProgressFaults.endsLeaving(PlantedProgressFaults::withoutParked)),
  OUTPUTS_BEFORE_COMMIT(
      "outputs of a function with state are sent before they are committed",
      PlantedOutputFaults::sentBeforeTheCommit),
  OUTPUTS_TRIMMED_BEFORE_SENT(
      "an output is taken out of the outbox before it is sent",
      PlantedOutputFaults::trimmedBeforeSent),
  REFUSED_COMMIT_LETS_OUTPUTS_GO(
      "a worker whose commit was refused sends the outputs that were in it",
      PlantedOutputFaults::refusedCommitsLetOutputsGo),
  OUTBOX_NOT_READ(
      "who takes a shard over does not send what the former owner had committed",
      () ->
          PlantedStateFaults.seals(
              item ->
                  PlantedStateFaults.withParts(
                      item, item.parts().map(PlantedOutputFaults::withoutOutbox)))),
  END_FORGETS_OUTBOX(
      "a shard's end does not give the outputs that wait to the children",
      () -> PlantedProgressFaults.endsLeaving(PlantedOutputFaults::withoutOutbox)),
  PLACE_IN_TIME_FORGOTTEN(
      "a record that comes again is judged late by the event time of now, not that of its place",
      () -> PlantedTimeFaults.commits(CommittedTime::withoutPending)),
  EVENT_TIME_WORKED_OUT_ANEW(
      "who takes a shard over works event time out from the records that come",
      () -> PlantedTimeFaults.commits(time -> time.at(Instant.MIN))),
  NEW_NAME_BEGINS_ANEW(
      "a function under another name takes nothing over",
      PlantedProgressFaults::nothingIsTakenOver),
  FORMER_NAMES_NOT_TOLD(
      "a shard's end is told to the children under the function's present name only",
      () ->
          ends(
              end ->
                  new CheckpointStore.End(
                      end.claim(), end.progress(), end.left(), end.children(), List.of()))),
  STILL_COMMITS_LEFT_OUT(
      "a commit of timers and windows that moves no position is left out",
      PlantedStateFaults::commitsWithoutProgressLeftOut),
  CHUNKS_NOT_AWAITED(
      "a commit names chunks that are not durable yet", PlantedStateFaults::chunksNotAwaited),
  UNANSWERED_COMMITS_FREE_CHUNKS(
      "a commit without an answer counts as failed, and its chunks are deleted",
      PlantedStateFaults::unansweredCommitsFreeTheirChunks),
  FORMER_CHUNKS_SWEPT(
      "a new owner deletes the chunks of former ones", PlantedStateFaults::formerChunksSwept),
  REFUSED_OUTPUTS_COUNT_AS_SENT(
      "an output of a timer or window that the sink refused counts as sent",
      PlantedStateFaults::refusedOutputsCountAsSent),
  OUTPUTS_NAMED_BY_PROCESS(
      "an output of a record has another id in each process",
      () -> PlantedStateFaults.outputsNamedByProcess("")),
  TIMER_OUTPUTS_NAMED_BY_PROCESS(
      "an output of a timer has another id in each process",
      () -> PlantedStateFaults.outputsNamedByProcess("timer/")),
  WINDOW_OUTPUTS_NAMED_BY_PROCESS(
      "an output of a window has another id in each process",
      () -> PlantedStateFaults.outputsNamedByProcess("window/")),
  CURSOR_MOVES_BEFORE_ANSWER(
      "a cursor moves on although the answer was lost",
      () -> PlantedProcessFaults.cursors(PlantedProcessFaults::movesBeforeTheAnswer)),
  CURSOR_ENDS_WHEN_CLOSED(
      "a closed shard counts as read to its end",
      () -> PlantedProcessFaults.cursors(PlantedProcessFaults::endsWhenClosed)),
  CURSOR_DROPS_A_RECORD(
      "a cursor loses the last record of an answer",
      () -> PlantedProcessFaults.cursors(PlantedProcessFaults::dropsLast)),
  ORDERS_BEFORE_START_IGNORED(
      "a worker obeys only what was ordered since it was started",
      PlantedOrderFaults::ordersBeforeStartIgnored),
  ORDERS_NOT_NOTICED(
      "who runs is not told that there are new orders", PlantedOrderFaults::ordersNotNoticed),
  RESUME_ENDS_ALL(
      "the end of one pause is taken for the end of all", PlantedOrderFaults::resumeEndsAll),
  SKIPS_TOO_FAR(
      "a skip passes over records behind the place that was named",
      PlantedOrderFaults::skipsTooFar),
  MOVE_OVERTAKEN(
      "a commit under way overwrites the place to which an operator moved the function",
      PlantedOrderFaults::moveOvertaken),
  DUPLICATES_COUNT(
      "a second stage drops nothing that was carried twice", PlantedThroughFaults::duplicatesCount),
  PLACES_OF_OTHER_SHARDS(
      "a second stage drops records by the places of another shard of the input",
      PlantedThroughFaults::placesOfOtherShards),
  PUTS_NOT_AWAITED(
      "a first stage counts records as carried before the stream has them",
      PlantedThroughFaults::putsNotAwaited),
  MARKS_OVERTAKE(
      "a mark speaks of records that are still on their way", PlantedThroughFaults::marksOvertake),
  LATE_BY_WHAT_LIES_BEHIND(
      "a record carried on is judged late by records that lie behind it in its shard",
      PlantedThroughFaults::lateByWhatLiesBehind),
  TIME_OF_THE_FURTHEST(
      "event time behind a repartition is that of the furthest shard, not of the slowest",
      PlantedThroughFaults::timeOfTheFurthest),
  ROSTER_WITHOUT_PARENTS(
      "shards of the input that were split or merged are waited for as if they went on",
      PlantedThroughFaults::rosterWithoutParents),
  CARRIED_READ_AS_NONE(
      "who takes a shard of a through-stream over does not know what was seen of the input",
      () ->
          PlantedStateFaults.seals(
              item ->
                  PlantedStateFaults.withParts(
                      item, item.parts().map(PlantedThroughFaults::withoutCarried)))),
  END_FORGETS_CARRIED(
      "the end of a shard of a through-stream does not tell the children what it saw",
      () -> PlantedProgressFaults.endsLeaving(PlantedThroughFaults::withoutCarried)),
  MERGE_TAKES_WHAT_ONE_SAW(
      "the child of a merge in a through-stream knows what one of its parents saw",
      () -> PlantedStateFaults.seals(PlantedThroughFaults::withWhatOneParentSaw));

  /** What a mistake shows itself in, where a swarm rarely has it: part of each course then. */
  private static final Map<PlantedFault, Set<Disturbance>> SHOWN_BY =
      Map.ofEntries(
          entry(TAKE_BACK_UNCONDITIONAL, Set.of(Disturbance.JOIN_AT_A_SLOW_TABLE)),
          entry(
              FLIP_UNCONDITIONAL,
              Set.of(Disturbance.JOIN_AT_A_SLOW_TABLE, Disturbance.LATE_REQUESTS)),
          entry(ACKNOWLEDGEMENT_UNCONDITIONAL, Set.of(Disturbance.JOIN_AT_A_SLOW_TABLE)),
          entry(BURIAL_UNCONDITIONAL, Set.of(Disturbance.SILENT_AT_A_SLOW_TABLE)),
          entry(OBSERVERS_LEASE_TIME, Set.of(Disturbance.CUT_OFF)),
          entry(STANDBY_NEVER_WAKES, Set.of(Disturbance.JOIN, Disturbance.SPLIT)),
          entry(LEASE_CHECKED_WHEN_QUEUED, Set.of(Disturbance.POOLS_BUSY)),
          entry(VALID_FROM_THE_REPLY, Set.of(Disturbance.HEART_STOPS_AT_SLOW_ANSWERS)),
          entry(CLOCK_RUNS_OFF, Set.of(Disturbance.CUT_OFF)),
          entry(END_FORGETS_PARKED, Set.of(Disturbance.KEY_FAILS, Disturbance.SPLIT_UNDER_LOAD)),
          entry(PARKED_NOT_READ, Set.of(Disturbance.KEY_FAILS, Disturbance.KILL_AND_RESTART)),
          entry(OUTPUTS_BEFORE_COMMIT, Set.of(Disturbance.KILL_AND_RESTART)),
          entry(OUTPUTS_TRIMMED_BEFORE_SENT, Set.of(Disturbance.KILL_AND_RESTART)),
          entry(PLACE_IN_TIME_FORGOTTEN, Set.of(Disturbance.KILL_AND_RESTART)),
          entry(EVENT_TIME_WORKED_OUT_ANEW, Set.of(Disturbance.KILL_AND_RESTART)),
          entry(OUTBOX_NOT_READ, Set.of(Disturbance.KILL_AND_RESTART)),
          entry(NEW_NAME_BEGINS_ANEW, Set.of(Disturbance.KILL_AND_RESTART)),
          entry(
              FORMER_NAMES_NOT_TOLD,
              Set.of(Disturbance.SPLIT, Disturbance.MERGE, Disturbance.KILL_AND_RESTART)),
          entry(END_FORGETS_OUTBOX, Set.of(Disturbance.SPLIT_UNDER_LOAD)),
          entry(MERGE_TAKES_ONE_STATE, Set.of(Disturbance.SPLIT, Disturbance.MERGE)),
          entry(ORDERS_BEFORE_START_IGNORED, Set.of(Disturbance.OPERATOR_PAUSES)),
          entry(ORDERS_NOT_NOTICED, Set.of(Disturbance.OPERATOR_PAUSES)),
          entry(RESUME_ENDS_ALL, Set.of(Disturbance.OPERATOR_PAUSES)),
          entry(SKIPS_TOO_FAR, Set.of(Disturbance.OPERATOR_SKIPS)),
          entry(DUPLICATES_COUNT, Set.of(Disturbance.LOSSY_NETWORK)),
          entry(PUTS_NOT_AWAITED, Set.of(Disturbance.LOSSY_NETWORK)),
          entry(
              CARRIED_READ_AS_NONE,
              Set.of(Disturbance.LOSSY_NETWORK, Disturbance.KILL_AND_RESTART)),
          entry(
              END_FORGETS_CARRIED,
              Set.of(Disturbance.LOSSY_NETWORK, Disturbance.SPLIT, Disturbance.KILL_AND_RESTART)),
          entry(
              MERGE_TAKES_WHAT_ONE_SAW,
              Set.of(Disturbance.LOSSY_NETWORK, Disturbance.SPLIT, Disturbance.MERGE)),
          entry(MOVE_OVERTAKEN, Set.of(Disturbance.OPERATOR_SEEKS_IN_PLACE)));

  /** What shows itself in timers, windows and known outputs only. */
  private static final Set<PlantedFault> TIMED =
      Set.of(
          OUTPUTS_BEFORE_COMMIT,
          OUTPUTS_TRIMMED_BEFORE_SENT,
          REFUSED_COMMIT_LETS_OUTPUTS_GO,
          OUTBOX_NOT_READ,
          END_FORGETS_OUTBOX,
          STATE_READ_AS_NONE,
          STATE_READ_TOO_OLD,
          MERGE_TAKES_ONE_STATE,
          PLACE_IN_TIME_FORGOTTEN,
          EVENT_TIME_WORKED_OUT_ANEW,
          NEW_NAME_BEGINS_ANEW,
          FORMER_NAMES_NOT_TOLD,
          STILL_COMMITS_LEFT_OUT,
          CHUNKS_NOT_AWAITED,
          UNANSWERED_COMMITS_FREE_CHUNKS,
          FORMER_CHUNKS_SWEPT,
          REFUSED_OUTPUTS_COUNT_AS_SENT,
          OUTPUTS_NAMED_BY_PROCESS,
          TIMER_OUTPUTS_NAMED_BY_PROCESS,
          WINDOW_OUTPUTS_NAMED_BY_PROCESS);

  /** What shows itself in functions that are keyed across shards only. */
  private static final Set<PlantedFault> ACROSS =
      Set.of(
          DUPLICATES_COUNT,
          PLACES_OF_OTHER_SHARDS,
          PUTS_NOT_AWAITED,
          MARKS_OVERTAKE,
          LATE_BY_WHAT_LIES_BEHIND,
          TIME_OF_THE_FURTHEST,
          ROSTER_WITHOUT_PARENTS,
          CARRIED_READ_AS_NONE,
          END_FORGETS_CARRIED,
          MERGE_TAKES_WHAT_ONE_SAW);

  private final String what;

  @SuppressWarnings("ImmutableEnumChecker") // all of them are lambdas that hold nothing
  private final Supplier<Plant> plants;

  PlantedFault(String what, Supplier<Plant> plants) {
    this.what = what;
    this.plants = plants;
  }

  /** The name by which it is asked for. */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String what() {
    return what;
  }

  /** For one course. */
  Plant plant() {
    return plants.get();
  }

  /** Kinds of disturbance that courses have beside those that they draw. */
  Set<Disturbance> shownBy() {
    return SHOWN_BY.getOrDefault(this, Set.of());
  }

  private Workload shownIn(Workload usual) {
    if (ACROSS.contains(this)) {
      return new AcrossWorkload();
    }
    return TIMED.contains(this) ? new TimedWorkload() : usual;
  }

  /** A course with the mistake built in. */
  CourseResult course(long seed, Workload workload) {
    var shown = shownIn(workload);
    return FleetCourse.run(seed, shown, plant(), shownBy());
  }
}
